"""A reader of Chroma folders from the files alone (no chromadb): usage readfolder.py FOLDER TRUTH.json"""
import sys, os, json, pickle, sqlite3, struct, math
folder, truth = sys.argv[1:3]
class Unknown(dict): 
    def __setstate__(self, s): self.update(s)
class U(pickle.Unpickler):
    def find_class(self, m, n): return Unknown
def seq(v):
    if v is None: return 0
    return int.from_bytes(v, "big") if isinstance(v, bytes) else int(v)
def header(path):
    b = open(path, "rb").read(100); assert len(b) == 100
    names = ["version","offset_level0","max_elements","count","size_per_element","label_offset","data_offset","max_level","entry","maxM","maxM0","M","mult","ef_construction"]
    return dict(zip(names, struct.unpack("<i6QiI3QdQ", b)))
def vectors(dirp, dim, cosine):
    """label -> vector, of the elements not marked deleted"""
    h = header(dirp + "/header.bin"); assert h["version"] == 1
    data = open(dirp + "/data_level0.bin", "rb").read(); lens = open(dirp + "/length.bin", "rb").read()
    out = {}; s = h["size_per_element"]
    assert h["label_offset"] - h["data_offset"] == 4*dim
    for i in range(h["count"]):
        e = data[i*s:(i+1)*s]
        if e[h["offset_level0"]+2] & 1: continue
        v = struct.unpack("<%df" % dim, e[h["data_offset"]:h["data_offset"]+4*dim])
        if cosine:
            n, = struct.unpack("<f", lens[4*i:4*i+4]); v = [x*n for x in v]
        label, = struct.unpack("<Q", e[h["label_offset"]:h["label_offset"]+8])
        out[label] = list(v)
    return h, out
d = sqlite3.connect("file:%s/chroma.sqlite3?mode=ro" % folder, uri=True); d.row_factory = sqlite3.Row
tables = {r[0] for r in d.execute("select name from sqlite_master where type='table'")}
cols = {t: {r[1] for r in d.execute("pragma table_info(%s)" % t)} for t in tables}
def value(r, s="string_value"):
    if r[s] is not None: return r[s]
    if r["int_value"] is not None: return r["int_value"]
    if r["float_value"] is not None: return r["float_value"]
    if "bool_value" in r.keys() and r["bool_value"] is not None: return bool(r["bool_value"])
    return None
result = []; stats = []
maxseq = {r["segment_id"]: seq(r["seq_id"]) for r in d.execute("select * from max_seq_id")}
for c in d.execute("select c.*, b.name bname, b.tenant_id tname from collections c join databases b on b.id=c.database_id"):
    seg = {r["scope"]: r["id"] for r in d.execute("select * from segments where collection=?", (c["id"],))}
    cmeta = {r["key"]: value(r, "str_value") for r in d.execute("select * from collection_metadata where collection_id=?", (c["id"],))}
    smeta = {r["key"]: value(r, "str_value") for r in d.execute("select * from segment_metadata where segment_id=?", (seg["VECTOR"],))}
    space = smeta.get("hnsw:space") or cmeta.get("hnsw:space")
    conf = json.loads(c["config_json_str"] or "{}") if "config_json_str" in c.keys() else {}
    sch = json.loads(c["schema_str"]) if "schema_str" in c.keys() and c["schema_str"] else None
    if sch: space = sch["keys"]["#embedding"]["float_list"]["vector_index"]["config"].get("space") or space
    elif "vector_index" in conf: space = (conf["vector_index"].get("hnsw") or conf["vector_index"].get("spann") or {}).get("space") or space
    elif "hnsw_configuration" in conf: space = space or conf["hnsw_configuration"].get("space")
    space = space or "l2"
    # vectors of the files
    vec = {}; vdir = folder + "/" + seg["VECTOR"]; kind = "no folder"; vmax = maxseq.get(seg["VECTOR"], 0)
    if os.path.isdir(vdir):
        kind = "folder without pickle"
        if os.path.exists(vdir + "/index_metadata.pickle"):
            p = U(open(vdir + "/index_metadata.pickle", "rb")).load(); kind = "pickle:%s" % type(p).__name__
            if p["id_to_label"]:
                h, by = vectors(vdir, c["dimension"], space == "cosine")
                vec = {i: by[l] for i, l in p["id_to_label"].items()}
                assert {l: i for i, l in p["id_to_label"].items()} == p["label_to_id"]
            if seg["VECTOR"] not in maxseq: vmax = seq(p.get("max_seq_id"))
    infile = len(vec)
    # metadata
    rec = {}
    for r in d.execute("select * from embeddings where segment_id=? order by id", (seg["METADATA"],)):
        m = {x["key"]: value(x) for x in d.execute("select * from embedding_metadata where id=?", (r["id"],))}
        if "embedding_metadata_array" in tables:
            for x in d.execute("select * from embedding_metadata_array where id=? order by rowid", (r["id"],)): m.setdefault(x["key"], []); m[x["key"]].append(value(x))
        rec[r["embedding_id"]] = m
    # replay
    topic = "persistent://default/default/" + c["id"]; n = 0; mmax = maxseq.get(seg["METADATA"], 0)
    for r in d.execute("select * from embeddings_queue where topic=? order by seq_id", (topic,)):
        op = r["operation"]; i = r["id"]; v = None
        if r["vector"] is not None:
            assert r["encoding"] == "FLOAT32"; v = list(struct.unpack("<%df" % (len(r["vector"])//4), r["vector"]))
        if r["seq_id"] > vmax:
            n += 1
            if op == 0 and i not in vec: vec[i] = v
            elif op == 1 and i in vec and v is not None: vec[i] = v
            elif op == 2 and v is not None: vec[i] = v
            elif op == 3: vec.pop(i, None)
        assert r["seq_id"] <= mmax, "metadata lags"
    stats.append((c["name"], space, kind, "in files", infile, "replayed", n, "max_seq", vmax, mmax))
    assert set(vec) == set(rec), (c["name"], set(vec) ^ set(rec))
    result.append(dict(id=c["id"], name=c["name"], tenant=c["tname"], database=c["bname"], metadata=cmeta or None, records=[dict(id=i, document=m.pop("chroma:document", None), uri=m.pop("chroma:uri", None), metadata=m or None, embedding=vec[i]) for i, m in rec.items()]))
for s in stats: print(*s)
T = json.load(open(truth)); T = {(b["tenant"], b["database"], c["name"]): c for b in T["databases"] for c in b["collections"]}
bad = 0
for c in result:
    t = T.pop((c["tenant"], c["database"], c["name"])); assert t["id"] == c["id"]
    assert [r["id"] for r in t["records"]] == [r["id"] for r in c["records"]], ("order", c["name"])
    tm = t["metadata"] or {}
    if tm != (c["metadata"] or {}): print("collection metadata", c["name"], tm, c["metadata"])
    for a, b in zip(t["records"], c["records"]):
        ok = a["document"] == b["document"] and (a["metadata"] or None) == b["metadata"] and a["uri"] == b["uri"] and all(math.isclose(x, y, rel_tol=2e-6, abs_tol=1e-6) for x, y in zip(a["embedding"], b["embedding"])) and len(a["embedding"]) == len(b["embedding"])
        if not ok and bad < 5: print("DIFFERS", c["name"], a, b)
        bad += not ok
print("missing", list(T), "wrong records", bad, "of", sum(len(c["records"]) for c in result))
