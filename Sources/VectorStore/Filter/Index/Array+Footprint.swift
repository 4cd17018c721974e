extension Array {
    /// Bytes on the heap.
    var footprint: Int { capacity == 0 ? 0 : 32 + capacity * MemoryLayout<Element>.stride }

    /// A copy without room for growth.
    func trimmed() -> [Element] {
        [Element](unsafeUninitializedCapacity: count) { buffer, count in
            count = buffer.initialize(fromContentsOf: self)
        }
    }
}
