/// Finds the slot of a key: a hash table of slots with linear probing, whose keys lie in an array by slot.
///
/// Four bytes an entry and a load of at most a half: a fifth of what a dictionary of the same keys takes.
struct KeyTable {
    /// By slot; 0 where the slot is free.
    private(set) var keys: [UInt64]
    private var table: [UInt32]
    private(set) var count = 0

    private static let empty = UInt32.max

    init() {
        keys = []
        table = Array(repeating: Self.empty, count: 16)
    }

    /// The keys of a file; nil with the first slot whose key another live slot has too.
    init?(keys: [UInt64], isLive: (Int) -> Bool, duplicate: inout Int) {
        self.keys = keys
        var size = 16
        while size < 2 * keys.count { size *= 2 }
        table = Array(repeating: Self.empty, count: size)
        for slot in keys.indices where isLive(slot) {
            let place = place(of: keys[slot])
            guard table[place] == Self.empty else {
                duplicate = slot
                return nil
            }
            table[place] = UInt32(slot)
            count += 1
        }
    }

    /// The slot of a key; nil when it is not there.
    subscript(key: UInt64) -> UInt32? {
        let slot = table[place(of: key)]
        return slot == Self.empty ? nil : slot
    }

    var sizeBytes: Int { keys.count * 8 + table.count * 4 }

    func key(of slot: UInt32) -> UInt64 { keys[Int(slot)] }

    /// Puts a key that is not there under a slot.
    mutating func insert(_ key: UInt64, slot: UInt32) {
        while keys.count <= Int(slot) { keys.append(0) }
        if 2 * (count + 1) > table.count { rehash(size: table.count * 2) }
        keys[Int(slot)] = key
        let place = place(of: key)
        precondition(table[place] == Self.empty, "key \(key) is there already")
        table[place] = slot
        count += 1
    }

    /// Takes a key out and returns its slot; nil when it is not there.
    mutating func remove(_ key: UInt64) -> UInt32? {
        var hole = place(of: key)
        let slot = table[hole]
        guard slot != Self.empty else { return nil }
        // Entries behind the hole move up where that shortens their way, so that no probe ends too early.
        let mask = table.count - 1
        var next = (hole + 1) & mask
        while table[next] != Self.empty {
            let home = home(of: keys[Int(table[next])])
            if (next - home) & mask >= (next - hole) & mask {
                table[hole] = table[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        table[hole] = Self.empty
        keys[Int(slot)] = 0
        count -= 1
        return slot
    }

    private mutating func rehash(size: Int) {
        let slots = table.filter { $0 != Self.empty }
        table = Array(repeating: Self.empty, count: size)
        for slot in slots { table[place(of: keys[Int(slot)])] = slot }
    }

    /// Where a key stands, or the empty place where it would.
    private func place(of key: UInt64) -> Int {
        let mask = table.count - 1
        var place = home(of: key)
        while table[place] != Self.empty, keys[Int(table[place])] != key { place = (place + 1) & mask }
        return place
    }

    /// Where the probe for a key begins: the top bits of a product with 2⁶⁴ over the golden ratio (Knuth, volume 3, 6.4),
    /// which every bit of the key reaches.
    func home(of key: UInt64) -> Int {
        let product = (key ^ (key >> 32)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: product >> UInt64(64 - table.count.trailingZeroBitCount))
    }
}
