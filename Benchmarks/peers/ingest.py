#!/usr/bin/env python3
"""Ingests a folder of PDF, DOCX and CSV files as a usual Python stack does: the baseline of `propertypro ingest`.

    Benchmarks/peers/ingest.py --documents DIR --backend ort|st [--data FOLDER] [--json OUT]
    Benchmarks/peers/ingest.py --prepare         installs the packages and makes the model for onnxruntime, no more

pypdf (three to five times as fast as pdfplumber), python-docx and csv read; texts are cut recursively into chunks of
1,000 characters that share 200, a row of a CSV file is one chunk; all chunks of a file are embedded and added to a
persistent Chroma collection. `ort` embeds with Chroma's own default function, float32 on onnxruntime in batches of 32
texts padded to 256 tokens; its model is made here from the weights, since Chroma would load it from a server. `st`
embeds with Chroma's function for sentence-transformers on torch. Both use all cores. A plain Python 3.11 on Linux
starts it; packages go to a virtual environment under --work. Prints the seconds of each stage.
"""
import argparse
import csv
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from common import environment  # noqa: E402  (nothing outside the standard library yet)

MODEL = os.path.expanduser('~/.cache/propertypro/models/all-MiniLM-L6-v2')
REQUIREMENTS = ('chromadb==1.5.9', 'onnxruntime==1.32.0', 'tokenizers==0.23.3', 'onnx==1.23.2', 'safetensors==0.8.0',
                'sentence-transformers==6.2.0', 'torch==2.13.0', 'transformers==5.24.0', 'pypdf==7.1.1',
                'python-docx==1.2.0')
# What Chroma's default function wants to find beside its graph.
MODEL_FILES = ('config.json', 'special_tokens_map.json', 'tokenizer_config.json', 'tokenizer.json', 'vocab.txt')
CHUNK_CHARACTERS, OVERLAP_CHARACTERS = 1_000, 200
SEPARATORS = ('\n\n', '\n', ' ')
STAGES = ('start', 'read', 'split', 'embed', 'store')


class Stages:
    """Seconds by stage."""

    def __init__(self):
        self.seconds = dict.fromkeys(STAGES, 0.0)

    def run(self, stage, work, *arguments):
        start = time.perf_counter()
        try:
            return work(*arguments)
        finally:
            self.seconds[stage] += time.perf_counter() - start


def read(path):
    """(whole texts to cut, finished chunks) of a file."""
    kind = os.path.splitext(path)[1].lower()
    if kind == '.csv':
        with open(path, newline='', encoding='utf-8-sig', errors='replace') as file:
            return [], [', '.join(f'{name}: {value}' for name, value in row.items() if value)
                        for row in csv.DictReader(file)]
    if kind == '.pdf':
        import pypdf
        return [page.extract_text() for page in pypdf.PdfReader(path).pages], []
    import docx
    document = docx.Document(path)
    rows = [' | '.join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
    return ['\n'.join([*(paragraph.text for paragraph in document.paragraphs), *rows])], []


def split(text, separators=SEPARATORS):
    """Chunks of at most CHUNK_CHARACTERS, cut at the first separator that makes pieces small enough."""
    if len(text) <= CHUNK_CHARACTERS:
        return [text] if text.strip() else []
    if not separators:
        step = CHUNK_CHARACTERS - OVERLAP_CHARACTERS
        return [text[start:start + CHUNK_CHARACTERS] for start in range(0, len(text) - OVERLAP_CHARACTERS, step)]
    separator, chunks, current, length = separators[0], [], [], 0
    for piece in text.split(separator):
        if len(piece) > CHUNK_CHARACTERS:
            chunks += [separator.join(current)] if current else []
            chunks += split(piece, separators[1:])
            current, length = [], 0
            continue
        if current and length + len(piece) + len(separator) > CHUNK_CHARACTERS:
            chunks.append(separator.join(current))
            # The next chunk begins with the end of this one.
            while current and (length > OVERLAP_CHARACTERS
                               or length + len(piece) + len(separator) > CHUNK_CHARACTERS):
                length -= len(current.pop(0)) + len(separator)
        current.append(piece)
        length += len(piece) + len(separator)
    chunks += [separator.join(current)] if current else []
    return [chunk for chunk in chunks if chunk.strip()]


def embedder(backend, model, folder):
    if backend == 'st':
        from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction
        return SentenceTransformerEmbeddingFunction(model_name=model, device='cpu')
    from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2

    class Default(ONNXMiniLM_L6_V2):
        DOWNLOAD_PATH = pathlib.Path(folder)

    return Default()


def make_model(model, folder):
    """Lays the model out where Chroma's default function finds it."""
    place = os.path.join(folder, 'onnx')
    if os.path.exists(place):
        return
    import onnx
    from embedding_peers import graph
    partial = place + '.part'
    shutil.rmtree(partial, ignore_errors=True)
    os.makedirs(partial)
    onnx.save(graph.plain(model, pooled=False), os.path.join(partial, 'model.onnx'))
    for name in MODEL_FILES:
        shutil.copy(os.path.join(model, name), partial)
    os.rename(partial, place)


def ingest(options, folder, data):
    stages, counts = Stages(), {'files': 0, 'chunks': 0, 'characters': 0, 'failed': []}

    def start():
        import chromadb
        from chromadb.config import Settings
        client = chromadb.PersistentClient(data, Settings(anonymized_telemetry=False))
        embed = embedder(options.backend, options.model, folder)
        embed(['first'])
        return client, client.create_collection('documents', embedding_function=None,
                                                metadata={'hnsw:space': 'cosine'}), embed

    begun = time.perf_counter()
    client, collection, embed = stages.run('start', start)
    batch = client.get_max_batch_size()
    for path in sorted(path for path in pathlib.Path(options.documents).rglob('*')
                       if path.suffix.lower() in ('.pdf', '.docx', '.csv')):
        try:
            texts, chunks = stages.run('read', read, str(path))
        except Exception as problem:
            counts['failed'].append(f'{path.name}: {type(problem).__name__}: {problem}'.splitlines()[0])
            continue
        chunks += stages.run('split', lambda: [chunk for text in texts for chunk in split(text)])
        counts['files'] += 1
        counts['chunks'] += len(chunks)
        counts['characters'] += sum(map(len, chunks))
        for first in range(0, len(chunks), batch):
            part = chunks[first:first + batch]
            vectors = stages.run('embed', embed, part)
            stages.run('store', lambda: collection.add(
                ids=[f'{path.relative_to(options.documents)}:{first + number}' for number in range(len(part))],
                embeddings=vectors,
                documents=part, metadatas=[{'source': path.name, 'chunk': first + number}
                                           for number in range(len(part))]))
    seconds = time.perf_counter() - begun
    from common import clock
    stored = collection.count()
    if stored != counts['chunks']:
        sys.exit(f"Chroma holds {stored} of {counts['chunks']} chunks")
    return {'backend': options.backend, 'seconds': seconds, 'stages': stages.seconds, **counts,
            'peak_mb': clock.status('VmHWM') / 1e6}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--documents')
    parser.add_argument('--backend', choices=('ort', 'st'), default='ort')
    parser.add_argument('--data', help='where Chroma keeps its files, kept; default: a temporary folder')
    parser.add_argument('--model', default=MODEL, help='the folder that scripts/fetch-models fills')
    parser.add_argument('--work', default=os.path.join(ROOT, '.build', 'peers-embedding'))
    parser.add_argument('--prepare', action='store_true')
    parser.add_argument('--json', help='where to write the result')
    options = parser.parse_args()
    if not options.prepare and not os.path.isdir(options.documents or ''):
        parser.error('--documents wants a folder')
    os.environ |= {'HF_HUB_OFFLINE': '1', 'TRANSFORMERS_OFFLINE': '1', 'ANONYMIZED_TELEMETRY': 'False',
                   'TOKENIZERS_PARALLELISM': 'true', 'TQDM_DISABLE': '1'}
    environment.enter(os.path.abspath(options.work))
    try:
        environment.install(REQUIREMENTS)
    except environment.CannotInstall as problem:
        sys.exit(str(problem))
    folder = os.path.join(os.path.abspath(options.work), 'models', 'chroma')
    make_model(options.model, folder)
    if options.prepare:
        return
    with tempfile.TemporaryDirectory() as temporary:
        result = ingest(options, folder, options.data or temporary)
    if options.json:
        with open(options.json, 'w') as file:
            json.dump(result, file, indent=1)
    print(f"{result['backend']}: {result['files']} files, {result['chunks']} chunks of "
          f"{result['characters'] / max(1, result['chunks']):.0f} characters in {result['seconds']:.1f} s; "
          + ', '.join(f'{stage} {seconds:.1f}' for stage, seconds in result['stages'].items())
          + f" s; peak {result['peak_mb']:.0f} MB")
    for failure in result['failed']:
        print(f'  {failure}')


if __name__ == '__main__':
    main()
