"""usage: makefolder.py FOLDER TRUTH.json  — writes a Chroma folder with the installed chromadb and the truth beside it; run with `check` as third argument to compare after reopening."""
import sys, os, json, random, shutil
os.environ["ANONYMIZED_TELEMETRY"]="False"
import chromadb
from chromadb.config import Settings
folder, truth = sys.argv[1:3]
check = len(sys.argv) > 3
V = chromadb.__version__; MAJOR = tuple(int(x) for x in V.split(".")[:2])
S = dict(anonymized_telemetry=False)
def client(**kw): return chromadb.PersistentClient(path=folder, settings=Settings(**S), **kw)
def admin():
    return chromadb.AdminClient(Settings(is_persistent=True, persist_directory=folder, **S, **({"chroma_api_impl":"chromadb.api.rust.RustBindingsAPI"} if MAJOR>=(1,0) else {})))
def f32(v):
    import struct
    return [struct.unpack("<f",struct.pack("<f",x))[0] for x in v]
rnd = random.Random(7)
def vec(d): return f32([rnd.uniform(-3,3) for _ in range(d)])
WORDS = "garden kitchen Straße naïve 東京 loft balcony parking 100% rent under_score sunny".split()
def meta(i, lists):
    m = {"int": i, "neg": -i, "float": i/4, "whole": float(i), "str": "s%d"%(i%7), "bool": i%2==0, "big": 2**53+i, "empty": ""}
    if lists: m |= {"ints": [i, 1, i], "strs": ["a", "b%d"%i], "floats": [0.5, float(i)], "bools": [True, i%3==0]}
    for k in list(m):
        if rnd.random() < 0.25: del m[k]
    return m or None
def text(i): return " ".join(rnd.choice(WORDS) for _ in range(rnd.randrange(1,12))) + " #%d"%i
def fill(c, n, d, lists, uris=False):
    ids = ["%s-%03d"%(c.name, i) for i in range(n)]
    step = 40
    for s in range(0, n, step):
        part = range(s, min(n, s+step))
        kw = {}
        if uris: kw["uris"] = ["file:///%d.jpg"%i for i in part]
        c.add(ids=[ids[i] for i in part], embeddings=[vec(d) for _ in part], metadatas=[meta(i, lists) or {"only": i} for i in part],
              **({} if uris else {"documents": [text(i) for i in part]}), **kw)
    return ids
def change(c, ids, d, lists):
    c.delete(ids=ids[3:9]); c.update(ids=ids[10:14], embeddings=[vec(d) for _ in range(4)], metadatas=[({"int": None} if MAJOR >= (1,0) else {}) | {"new": "n%d"%i} for i in range(4)], documents=["changed %d"%i for i in range(4)])
    c.update(ids=ids[14:16], metadatas=[{"str": "only metadata"}]*2); c.update(ids=ids[16:18], embeddings=[vec(d)]*2, documents=["with document"]*2)
    c.upsert(ids=ids[18:20]+[c.name+"-up"], embeddings=[vec(d) for _ in range(3)], documents=["up %d"%i for i in range(3)], metadatas=[{"up": i} for i in range(3)])
    c.add(ids=[ids[4]], embeddings=[vec(d)], documents=["added again"], metadatas=[{"again": True}])   # deleted before
    c.delete(ids=[ids[-1]])
    if lists: c.update(ids=[ids[20]], metadatas=[{"ints": None, "strs": ["z"], "int": [1,2]}])
def dump():
    out = {"chromadb": V, "databases": []}
    places = [("default_tenant","default_database"),("second_tenant","second_database")]
    for t,d in places:
        cl = client(tenant=t, database=d); cs = []
        names = sorted((c if isinstance(c,str) else c.name) for c in cl.list_collections())
        for n in names:
            c = cl.get_collection(n)
            g = c.get(include=["embeddings","documents","metadatas","uris"])
            q = []
            if len(g["ids"]):
                r2 = random.Random(1); dim = len(g["embeddings"][0])
                for _ in range(3):
                    v = f32([r2.uniform(-3,3) for _ in range(dim)]); r = c.query(query_embeddings=[v], n_results=5, include=["distances"])
                    q.append({"vector": v, "ids": r["ids"][0], "distances": [float(x) for x in r["distances"][0]]})
            conf = None
            try: conf = json.loads(json.dumps(c.configuration_json))
            except Exception: pass
            cs.append({"id": str(c.id), "name": n, "metadata": c.metadata, "configuration_json": conf, "count": c.count(),
              "records": [{"id": g["ids"][i], "document": g["documents"][i], "metadata": g["metadatas"][i], "uri": g["uris"][i] if g.get("uris") is not None else None, "embedding": [float(x) for x in g["embeddings"][i]]} for i in range(len(g["ids"]))], "queries": q})
        out["databases"].append({"tenant": t, "database": d, "collections": cs})
    return out
if not check:
    shutil.rmtree(folder, ignore_errors=True)
    a = admin(); a.create_tenant("second_tenant"); a.create_database("second_database", "second_tenant")
    cl = client(); L = MAJOR >= (1,5)
    c = cl.create_collection("small"); ids = fill(c, 30, 8, L); change(c, ids, 8, L)                       # below every threshold: vectors only in the queue
    c = cl.create_collection("synced", metadata={"hnsw:space":"cosine","hnsw:batch_size":20,"hnsw:sync_threshold":50,"note":"written often"}); ids = fill(c, 230, 16, L); change(c, ids, 16, L)
    c = cl.create_collection("inner", metadata={"hnsw:space":"ip","hnsw:sync_threshold":100,"hnsw:M":8,"hnsw:construction_ef":60,"hnsw:search_ef":70}); ids = fill(c, 160, 12, L); change(c, ids, 12, L)
    c = cl.create_collection("large", metadata={"f":1.5,"b":True,"i":3}); ids = fill(c, 1130, 4, False)     # default threshold 1000
    c = cl.create_collection("uris", metadata={"hnsw:sync_threshold":20,"hnsw:batch_size":10}); fill(c, 45, 4, False, uris=True)
    cl.create_collection("empty")
    c = cl.create_collection("emptied", metadata={"hnsw:sync_threshold":10,"hnsw:batch_size":5}); ids = fill(c, 24, 4, False); c.delete(ids=ids)
    c = cl.create_collection("dropped", metadata={"hnsw:sync_threshold":10,"hnsw:batch_size":5}); fill(c, 24, 4, False); cl.delete_collection("dropped")
    c = cl.create_collection("renamed_before"); c.modify(name="renamed", metadata={"k":"v"}); fill(c, 5, 3, False)
    if MAJOR >= (1,0):
        c = cl.create_collection("configured", configuration={"hnsw":{"space":"cosine","sync_threshold":25,"batch_size":5,"max_neighbors":12}}); ids = fill(c, 60, 6, L); change(c, ids, 6, L)
    c2 = client(tenant="second_tenant", database="second_database"); c = c2.create_collection("small", metadata={"hnsw:sync_threshold":10,"hnsw:batch_size":5}); fill(c, 33, 5, L)
    json.dump(dump(), open(truth,"w"), ensure_ascii=False, indent=1)
else:
    a = json.load(open(truth)); b = json.loads(json.dumps(dump()))
    print("same after reopening:", a == b)
    if a != b:
        for x,y in zip(a["databases"],b["databases"]):
            for p,q in zip(x["collections"],y["collections"]):
                if p!=q: print("differs:", p["name"], [k for k in p if p[k]!=q[k]], [ (r,s) for r,s in zip(p["records"],q["records"]) if r!=s][:1])
