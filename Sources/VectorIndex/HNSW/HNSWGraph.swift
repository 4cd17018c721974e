/// The links between slots, level by level; knows no vectors and no keys.
///
/// Two rules go beyond the paper, and both keep every node findable whatever is added and removed:
///
/// - **Links are mutual.** If a is a neighbor of b on a level, b is one of a there. A node can thus be taken out in time
///   proportional to its links, and no link ever points to nothing.
/// - **A spanning tree lies inside level 0.** Each node but the root has a parent among its neighbors, and the links
///   between parent and child are never pruned. Level 0 is thus connected: a walk from anywhere can reach everything.
///   (Plain HNSW loses nodes whose inbound links were all pruned, first of all among near-identical vectors.)
///
/// Layout: per slot and level one block of words, the neighbors' slots and then `noSlot` up to its end. Level 0 is one flat
/// array of blocks of fixed size, whole cache lines; the upper levels of a slot are consecutive blocks of a second one.
///
/// Readers may run in parallel with one another, not with a writer.
@safe
final class HNSWGraph: @unchecked Sendable {
    // SAFETY (Sendable): by the rule above, which the lock of the index and the steps of the bulk build keep.
    /// The most neighbors of a node above level 0, and on it.
    let m: Int
    let m0: Int
    private let seed: UInt64

    private let level0: AlignedBuffer<UInt32>
    private let upper: AlignedBuffer<UInt32>
    /// Words of a block on level 0, and above it.
    let stride0: Int
    let upperStride: Int
    /// By slot: its highest level, whether a node lives there, the first of its upper blocks, its parent in the tree.
    private(set) var levels: [UInt8] = []
    private(set) var live: [Bool] = []
    private var upperStarts: [Int] = []
    private(set) var parents: [UInt32] = []
    private(set) var upperBlockCount = 0

    private(set) var liveCount = 0
    /// No slot below this one is free.
    private var firstFree = 0

    /// Where searches start: a live node of the highest level in use; nil in an empty graph.
    var entryPoint: UInt32?
    /// The node of the spanning tree that has no parent; nil in an empty graph.
    var root: UInt32?

    static let noSlot = UInt32.max
    static let maximumLevel = 15
    /// Slots are 32-bit, and sums of sizes over them must stay far from overflow.
    static let maximumSlotCount = 1 << 30

    init(
        m: Int, m0: Int, seed: UInt64, level0: AlignedBuffer<UInt32> = AlignedBuffer(capacity: 0),
        upper: AlignedBuffer<UInt32> = AlignedBuffer(capacity: 0)
    ) {
        self.m = m
        self.m0 = m0
        self.seed = seed
        self.level0 = level0
        self.upper = upper
        stride0 = Self.stride(degree: m0)
        upperStride = Self.stride(degree: m)
    }

    /// Words of a block for so many neighbors: whole cache lines.
    static func stride(degree: Int) -> Int { (degree + 15) & ~15 }

    // MARK: Slots

    var slotCount: Int { levels.count }

    /// The highest level in use.
    var topLevel: Int { entryPoint.map { level(of: $0) } ?? 0 }

    func level(of slot: UInt32) -> Int { Int(levels[Int(slot)]) }

    func isLive(_ slot: UInt32) -> Bool { Int(slot) < live.count && live[Int(slot)] }

    /// Whether the node of a live slot is part of the graph; a vector that was only appended is not, and has no links.
    func isLinked(_ slot: UInt32) -> Bool { isLive(slot) && (parents[Int(slot)] != Self.noSlot || slot == root) }

    /// The live slots that are not part of the graph, in ascending order.
    var unlinkedSlots: [UInt32] {
        (0..<UInt32(slotCount)).filter { isLive($0) && !isLinked($0) }
    }

    /// The level that the next occupied slot will have. Changes nothing that a reader sees.
    func levelOfNextSlot() throws(VectorIndexError) -> Int {
        while firstFree < slotCount, live[firstFree] { firstFree += 1 }
        guard firstFree >= slotCount else { return Int(levels[firstFree]) }
        guard slotCount < Self.maximumSlotCount else { throw .indexFull(limit: Self.maximumSlotCount) }
        return drawLevel(ofSlot: slotCount)
    }

    /// Gives out the lowest free slot for a new node, or a new slot at the end, for which `levelOfNextSlot` has found room;
    /// `publish` makes it live.
    func occupySlot() -> UInt32 {
        while firstFree < slotCount, live[firstFree] { firstFree += 1 }
        if firstFree >= slotCount { appendEmptySlot(isLive: false) }
        let slot = firstFree
        firstFree += 1
        return UInt32(slot)
    }

    /// Makes an occupied slot, whose vector and links are there, part of the index.
    func publish(_ slot: UInt32) {
        precondition(!live[Int(slot)], "slot \(slot) is live already")
        live[Int(slot)] = true
        liveCount += 1
    }

    /// Takes the slot of a node back, whose links are all gone.
    func releaseSlot(_ slot: UInt32) {
        precondition(isLive(slot) && degree(of: slot, level: 0) == 0, "slot \(slot) cannot be released")
        live[Int(slot)] = false
        parents[Int(slot)] = Self.noSlot
        liveCount -= 1
        firstFree = min(firstFree, Int(slot))
    }

    /// Adds a slot at the end; the reader of index files builds graphs with it.
    func appendSlot(level: Int, isLive: Bool, parent: UInt32) {
        upperStarts.append(upperBlockCount)
        upperBlockCount += level
        levels.append(UInt8(level))
        live.append(isLive)
        parents.append(parent)
        if isLive { liveCount += 1 }
        level0.grow(toHold: slotCount * stride0)
        upper.grow(toHold: upperBlockCount * upperStride)
    }

    /// Appends a slot without links.
    func appendEmptySlot(isLive: Bool) {
        let slot = UInt32(slotCount)
        appendSlot(level: drawLevel(ofSlot: slotCount), isLive: isLive, parent: Self.noSlot)
        for level in 0...level(of: slot) { clearLinks(of: slot, level: level) }
    }

    /// Makes room for `slots` slots at once.
    func reserve(_ slots: Int) {
        level0.reserve(slots * stride0)
        levels.reserveCapacity(slots)
        live.reserveCapacity(slots)
        upperStarts.reserveCapacity(slots)
        parents.reserveCapacity(slots)
    }

    /// The level of a slot is a function of the seed and the slot, so that a reused slot keeps its blocks and no state of
    /// a random generator has to be saved. P(level ≥ l) = m⁻ˡ, as in the paper with mL = 1/ln m.
    private func drawLevel(ofSlot slot: Int) -> Int {
        // SplitMix64's finalizer over a Weyl sequence (Steele, Lea and Flood, 2014).
        var z = seed &+ UInt64(slot + 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        var level = 0
        var threshold = UInt64.max / UInt64(m)
        while level < Self.maximumLevel, z < threshold {
            level += 1
            threshold /= UInt64(m)
        }
        return level
    }

    // MARK: Links

    /// The most neighbors a node keeps on `level`.
    func capacity(level: Int) -> Int { level == 0 ? m0 : m }

    /// The block of a slot on a level: neighbors, then `noSlot` to the end. Valid until a slot is added.
    @inline(__always)
    func block(of slot: UInt32, level: Int) -> UnsafeMutablePointer<UInt32> {
        // SAFETY: both arrays were grown for every slot when it was appended, and a slot has `levels[slot]` upper blocks.
        precondition(Int(slot) < levels.count, "no slot \(slot)")
        if level == 0 { return unsafe level0.base + Int(slot) * stride0 }
        precondition(level <= Int(levels[Int(slot)]), "slot \(slot) is not on level \(level)")
        return unsafe upper.base + (upperStarts[Int(slot)] + level - 1) * upperStride
    }

    /// The first block of level 0, for walks, which have proven that they follow links only.
    var level0Base: UnsafeMutablePointer<UInt32> { unsafe level0.base }

    func degree(of slot: UInt32, level: Int) -> Int {
        let block = unsafe block(of: slot, level: level)
        let limit = capacity(level: level)
        var degree = 0
        while degree < limit, unsafe block[degree] != Self.noSlot { degree += 1 }
        return degree
    }

    func neighbors(of slot: UInt32, level: Int) -> [UInt32] {
        unsafe Array(UnsafeBufferPointer(start: block(of: slot, level: level), count: degree(of: slot, level: level)))
    }

    private func clearLinks(of slot: UInt32, level: Int) {
        unsafe block(of: slot, level: level).update(
            repeating: Self.noSlot, count: level == 0 ? stride0 : upperStride)
    }

    /// Gives a node its neighbors on a level at once; whoever calls it keeps links mutual.
    func setNeighbors(of slot: UInt32, level: Int, to neighbors: ArraySlice<UInt32>) {
        precondition(neighbors.count <= capacity(level: level), "\(neighbors.count) neighbors on level \(level)")
        clearLinks(of: slot, level: level)
        let block = unsafe block(of: slot, level: level)
        for (index, neighbor) in neighbors.enumerated() { unsafe block[index] = neighbor }
    }

    func areLinked(_ a: UInt32, _ b: UInt32, level: Int) -> Bool {
        position(of: b, from: a, level: level) != nil
    }

    func hasRoom(_ slot: UInt32, level: Int) -> Bool { degree(of: slot, level: level) < capacity(level: level) }

    /// Makes two nodes neighbors of one another. Both have room and are not linked yet.
    func link(_ a: UInt32, _ b: UInt32, level: Int) {
        precondition(a != b && hasRoom(a, level: level) && hasRoom(b, level: level), "cannot link \(a) and \(b)")
        assert(!areLinked(a, b, level: level))
        for (from, to) in [(a, b), (b, a)] {
            unsafe block(of: from, level: level)[degree(of: from, level: level)] = to
        }
    }

    /// Parts two neighbors; their order of the others stays. They are not parent and child.
    func unlink(_ a: UInt32, _ b: UInt32, level: Int) {
        for (from, to) in [(a, b), (b, a)] {
            let degree = degree(of: from, level: level)
            guard let position = position(of: to, from: from, level: level) else {
                preconditionFailure("\(from) and \(to) are not linked on level \(level)")
            }
            let block = unsafe block(of: from, level: level)
            for index in position..<(degree - 1) { unsafe block[index] = block[index + 1] }
            unsafe block[degree - 1] = Self.noSlot
        }
    }

    private func position(of slot: UInt32, from: UInt32, level: Int) -> Int? {
        let block = unsafe block(of: from, level: level)
        return (0..<capacity(level: level)).first { unsafe block[$0] == slot }
    }

    // MARK: Spanning tree of level 0

    func parent(of slot: UInt32) -> UInt32? {
        let parent = parents[Int(slot)]
        return parent == Self.noSlot ? nil : parent
    }

    /// Hangs `child` under one of its neighbors, or makes it the root.
    func setParent(of child: UInt32, to parent: UInt32?) {
        parents[Int(child)] = parent ?? Self.noSlot
        if parent == nil { root = child }
    }

    /// Cuts a node off its parent for the time of a repair.
    func setParentless(_ slot: UInt32) { parents[Int(slot)] = Self.noSlot }

    func children(of slot: UInt32) -> [UInt32] { neighbors(of: slot, level: 0).filter { parents[Int($0)] == slot } }

    func isTreeLink(_ a: UInt32, _ b: UInt32) -> Bool { parents[Int(a)] == b || parents[Int(b)] == a }

    /// The most tree links of a node: half of its links stay free for navigation.
    var treeDegreeLimit: Int { max(2, m0 / 2) }

    /// The tree links of a node. One for a parent is counted even while a repair has it without one.
    func treeDegree(of slot: UInt32) -> Int {
        let childCount = neighbors(of: slot, level: 0).count(where: { parents[Int($0)] == slot })
        return slot == root ? childCount : childCount + 1
    }

    func canTakeChild(_ slot: UInt32) -> Bool { treeDegree(of: slot) < treeDegreeLimit }

    /// Whether the way from `slot` up the tree meets `ancestor`; also true where the way is too long to tell.
    func isOrMayBe(_ slot: UInt32, inSubtreeOf ancestor: UInt32) -> Bool {
        var current = slot
        for _ in 0..<Self.climbLimit {
            if current == ancestor { return true }
            guard let parent = parent(of: current) else { return false }
            current = parent
        }
        return true
    }

    /// The most steps up the tree; a tree grown in random order is some tens of levels high.
    static let climbLimit = 1_024

    /// The lowest slot of those on the highest level that `isWanted` names; nil if there is none.
    func highestNode(where isWanted: (UInt32) -> Bool) -> UInt32? {
        var best: UInt32?
        for slot in 0..<UInt32(slotCount) where isWanted(slot) {
            if best.map({ level(of: slot) > level(of: $0) }) ?? true { best = slot }
        }
        return best
    }

    /// Bytes of what is kept of all slots beside the links.
    var nodeBytes: Int { slotCount * (1 + 1 + 8 + 4) }

    // MARK: Files

    /// All blocks of level 0 and of the upper levels as they are, valid until the next change.
    var level0Bytes: UnsafeRawBufferPointer { unsafe level0.bytes(count: slotCount * stride0) }
    var upperBytes: UnsafeRawBufferPointer { unsafe upper.bytes(count: upperBlockCount * upperStride) }
}
