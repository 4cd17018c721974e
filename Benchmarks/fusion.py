#!/usr/bin/env python3
"""Which weight of meaning against words ranks best: re-ranks the candidates of one evaluation run with other weights.

    propertypro eval --passages 80 --questions FILE --out results.jsonl
    Benchmarks/fusion.py --questions FILE --results results.jsonl --scorer score.py

The candidates are those that the run retrieved, so a weight far from the run's own is judged on a narrower choice.
Python 3.9+, standard library only.
"""
import argparse
import importlib.util
import json


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ('questions', 'results', 'scorer'):
        parser.add_argument('--' + name, required=True)
    arguments = parser.parse_args()
    spec = importlib.util.spec_from_file_location('scorer', arguments.scorer)
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    questions = scorer.load(arguments.questions)
    results = {result['id']: result for result in scorer.load(arguments.results)}

    print('| vector weight | hit@1 | hit@5 | MRR@10 | nDCG@10 | answer in top 5 |')
    print('|---:|---:|---:|---:|---:|---:|')
    for tenths in range(0, 11):
        weight = tenths / 10
        rows = []
        for question in questions:
            result = dict(results[question['id']])
            result['passages'] = sorted(
                result['passages'],
                key=lambda passage: -(weight * passage['vector_score'] + (1 - weight) * passage['keyword_score']))[:10]
            rows.append(scorer.score_one(question, result))
        summary = scorer.summary(rows)
        figures = ' | '.join(f'{summary[name]:.2f}' for name in ('hit1', 'hit5', 'mrr', 'ndcg', 'ceiling'))
        print(f'| {weight:.1f} | {figures} |')


if __name__ == '__main__':
    main()
