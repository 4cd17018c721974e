import Glibc

/// Numbers the distinct values of a column, given as bytes, and forgets them when the last record that has one goes.
///
/// All bytes lie one after the other in one array, so that a value costs its bytes and about 28 more.
struct ValueDictionary: Sendable {
    private struct Entry {
        var start: Int
        var length: UInt32
        /// The part of the hash by which the table is ordered.
        var hash: UInt32
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    private var free: [UInt32] = []
    /// Linear probing; codes, or `vacant`. A power of two long.
    private var table: [UInt32] = []
    private var garbage = 0

    private static let vacant = UInt32.max

    var count: Int { entries.count - free.count }

    func code(of value: UnsafeRawBufferPointer) -> UInt32? {
        if count == 0 { return nil }
        let code = table[place(of: value, hash: Self.hash(value))]
        return code == Self.vacant ? nil : code
    }

    /// The value's code, a new one if need be. New codes are those of forgotten values, or the next number.
    mutating func insert(_ value: UnsafeRawBufferPointer) -> UInt32 {
        if (count + 1) * 4 > table.count * 3 { growTable() }
        let hash = Self.hash(value)
        let place = place(of: value, hash: hash)
        if table[place] != Self.vacant { return table[place] }
        let entry = Entry(start: bytes.count, length: UInt32(value.count), hash: hash)
        bytes.append(contentsOf: value)
        let code: UInt32
        if let reused = free.popLast() {
            code = reused
            entries[Int(code)] = entry
        } else {
            code = UInt32(entries.count)
            entries.append(entry)
        }
        table[place] = code
        return code
    }

    mutating func remove(_ code: UInt32) {
        let mask = table.count - 1
        var hole = Int(entries[Int(code)].hash) & mask
        while table[hole] != code { hole = (hole + 1) & mask }
        // Whatever was pushed beyond the hole moves up, so that probing never meets a gap.
        var next = (hole + 1) & mask
        while table[next] != Self.vacant {
            let home = Int(entries[Int(table[next])].hash) & mask
            if (next - home) & mask >= (next - hole) & mask {
                table[hole] = table[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        table[hole] = Self.vacant
        garbage += Int(entries[Int(code)].length)
        entries[Int(code)].length = 0
        free.append(code)
        if count == 0 {
            self = ValueDictionary()
        } else if garbage > 4096, garbage * 2 > bytes.count {
            compact()
        }
    }

    private static func hash(_ value: UnsafeRawBufferPointer) -> UInt32 {
        // Seeded by the process: nobody outside can choose values that collide.
        var hasher = Hasher()
        hasher.combine(bytes: value)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    /// Where the value is in the table, or the vacant place where it would be.
    private func place(of value: UnsafeRawBufferPointer, hash: UInt32) -> Int {
        let mask = table.count - 1
        var place = Int(hash) & mask
        while table[place] != Self.vacant {
            let entry = entries[Int(table[place])]
            if entry.hash == hash, Int(entry.length) == value.count, isEqual(entry.start, value) { break }
            place = (place + 1) & mask
        }
        return place
    }

    private func isEqual(_ start: Int, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let other = value.baseAddress, !value.isEmpty else { return true }
        return bytes.withUnsafeBytes { bytes in
            bytes.baseAddress.map { memcmp($0 + start, other, value.count) == 0 } ?? false
        }
    }

    private mutating func growTable() {
        table = Array(repeating: Self.vacant, count: max(8, table.count * 2))
        let mask = table.count - 1
        let forgotten = Set(free)
        for (code, entry) in entries.enumerated() where !forgotten.contains(UInt32(code)) {
            var place = Int(entry.hash) & mask
            while table[place] != Self.vacant { place = (place + 1) & mask }
            table[place] = UInt32(code)
        }
    }

    private mutating func compact() {
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count - garbage)
        for index in entries.indices {
            let entry = entries[index]
            entries[index].start = kept.count
            kept.append(contentsOf: bytes[entry.start..<entry.start + Int(entry.length)])
        }
        bytes = kept
        garbage = 0
    }

    mutating func trim() {
        if bytes.capacity > bytes.count { bytes = bytes.trimmed() }
        if entries.capacity > entries.count { entries = entries.trimmed() }
    }

    var footprint: Int { bytes.footprint + entries.footprint + table.footprint + free.footprint }
}
