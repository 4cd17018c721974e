#!/usr/bin/env python3
"""Writes the example documents of a fictional brokerage, Harbour & Palm Realty, into the folder above this one.

    Examples/make/make_examples.py           write them
    Examples/make/make_examples.py --check   only tell whether the files are what this script would write

Standard library only; the same bytes on every run. The firm, its buildings, communities, prices and rules are made up;
nothing here is advice or law.
"""

import pathlib
import sys

sys.dont_write_bytecode = True  # The folder of the examples stays free of caches.
from documents import brokerage_policies, market_notes, service_charge_guide, tenancy_faq  # noqa: E402
from listings import listings  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parent.parent


def main():
    files = {
        "service-charge-guide.pdf": service_charge_guide(),
        "tenancy-faq.pdf": tenancy_faq(),
        "market-notes.pdf": market_notes(),
        "brokerage-policies.docx": brokerage_policies(),
        "listings.csv": listings(),
    }
    different = []
    for name, data in files.items():
        path = FOLDER / name
        if path.exists() and path.read_bytes() == data:
            continue
        different.append(name)
        if "--check" not in sys.argv[1:]:
            path.write_bytes(data)
            print(f"{name}: {len(data)} bytes")
    if "--check" in sys.argv[1:] and different:
        print("not as written by make_examples.py: " + ", ".join(different))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
