"""One class a peer. The packages themselves are imported only when a peer is made, inside its own process."""
from .chromadb import Chroma
from .faiss import FaissFlat, FaissSQ8
from .glass import GlassSQ4, GlassSQ8
from .hnswlib import HNSWLib
from .svs import SVS
from .symphonyqg import SymphonyQG, SymphonyQG8Bit
from .usearch import USearch
from .vsag import VSAG

ALL = {peer.name: peer for peer in (HNSWLib, FaissFlat, FaissSQ8, USearch, SVS, SymphonyQG, SymphonyQG8Bit, GlassSQ4,
                                    GlassSQ8, VSAG, Chroma)}
