#!/usr/bin/env python3
"""Makes a small Chroma folder with the chromadb that is installed, and what is in it as that chromadb tells it.

    python make.py VERSION        writes VERSION.tar.gz and VERSION.json beside this file; seeds are fixed
"""
import json
import os
import random
import shutil
import struct
import sys
import tarfile
import tempfile

import chromadb
from chromadb.config import Settings

HERE = os.path.dirname(os.path.abspath(__file__))
IS_NEW = int(chromadb.__version__.split(".")[0]) >= 1
RANDOM = random.Random(11)


def vector(size):
    return [struct.unpack("<f", struct.pack("<f", RANDOM.uniform(-3, 3)))[0] for _ in range(size)]


def metadata(number):
    made = {"number": number, "quarter": number + 0.25, "name": "n%d" % (number % 3), "even": number % 2 == 0, "big": 2 ** 53 + 1}
    if IS_NEW:
        made["tags"] = ["a", "b%d" % number]
    return made


def fill(collection, count, size, uris=False):
    ids = ["%s-%d" % (collection.name, number) for number in range(count)]
    for first in range(0, count, 8):
        part = range(first, min(count, first + 8))
        rest = {"uris": ["file:///%d" % n for n in part]} if uris else {"documents": ["text näïve %d" % n for n in part]}
        collection.add(ids=[ids[n] for n in part], embeddings=[vector(size) for _ in part],
                       metadatas=[metadata(n) for n in part], **rest)
    return ids


def change(collection, ids, size):
    collection.delete(ids=ids[1:3])
    collection.update(ids=ids[4:6], embeddings=[vector(size)] * 2, documents=["changed"] * 2)
    collection.update(ids=[ids[6]], metadatas=[{"name": "other"}])
    collection.upsert(ids=[ids[7], "new"], embeddings=[vector(size)] * 2, documents=["up", "up too"])
    collection.add(ids=[ids[2]], embeddings=[vector(size)], documents=["again"])


def main():
    client = None
    folder = tempfile.mkdtemp()
    client = chromadb.PersistentClient(path=folder, settings=Settings(anonymized_telemetry=False))
    queued = client.create_collection("queued")
    change(queued, fill(queued, 12, 3), 3)
    synced = client.create_collection(
        "synced", metadata={"hnsw:space": "cosine", "hnsw:batch_size": 4, "hnsw:sync_threshold": 8, "hnsw:M": 6})
    change(synced, fill(synced, 24, 4), 4)
    pictures = client.create_collection("pictures", metadata={"hnsw:space": "ip", "hnsw:batch_size": 3, "hnsw:sync_threshold": 4})
    fill(pictures, 10, 5, uris=True)
    client.create_collection("empty")
    truth = []
    for name in ["empty", "pictures", "queued", "synced"]:
        found = client.get_collection(name)
        all = found.get(include=["embeddings", "documents", "metadatas", "uris"])
        truth.append({"id": str(found.id), "name": name, "metadata": found.metadata or {}, "records": [
            {"id": all["ids"][n], "text": all["documents"][n], "uri": all["uris"][n], "metadata": all["metadatas"][n] or {},
             "vector": [float(x) for x in all["embeddings"][n]]} for n in range(len(all["ids"]))]})
    target = os.path.join(HERE, sys.argv[1])
    with open(target + ".json", "w") as file:
        json.dump(truth, file, ensure_ascii=False, separators=(",", ":"))
    with tarfile.open(target + ".tar.gz", "w:gz") as archive:
        archive.add(folder, arcname="chroma")
    shutil.rmtree(folder)


main()
