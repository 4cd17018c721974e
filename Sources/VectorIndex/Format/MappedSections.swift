import Kernels

/// The sections of an index file in its mapping, whose size fits the layout.
struct MappedSections: Sendable {
    let path: String
    let layout: IndexFile
    let mapping: FileMapping
    /// In the order of the layout's sections.
    let checksums: [UInt32]

    func damage(_ section: IndexFile.Section, _ check: String) -> VectorIndexError {
        .damagedFile(path: path, offset: layout.offset(section), check: check)
    }

    /// Compares a section, its padding included, with its checksum. Reads all of it.
    func check(_ section: IndexFile.Section) throws(VectorIndexError) {
        guard let number = layout.sections.firstIndex(of: section) else { return }
        var checksum = CRC32C()
        // SAFETY: the padded section lies within the mapping, which has the size that the layout says.
        unsafe checksum.uncheckedUpdate(
            UnsafeRawBufferPointer(
                start: mapping.base + layout.offset(section), count: layout.paddedSizeBytes(section)))
        guard checksum.value == checksums[number] else { throw damage(section, "checksum of section \(section)") }
        // Padding is zero; what stands there instead is under the checksum but means nothing.
        let size = layout.sizeBytes(section)
        for offset in size..<layout.paddedSizeBytes(section)
        where unsafe mapping.base.load(fromByteOffset: layout.offset(section) + offset, as: UInt8.self) != 0 {
            throw damage(section, "padding of section \(section)")
        }
    }

    /// A section as a buffer over the mapping.
    func buffer<Element: BitwiseCopyable>(_ section: IndexFile.Section) -> AlignedBuffer<Element> {
        AlignedBuffer(
            mapping, offsetBytes: layout.offset(section),
            capacity: layout.sizeBytes(section) / MemoryLayout<Element>.stride)
    }

    /// A copy of the first `count` elements of a section.
    func array<Element: BitwiseCopyable>(
        _ section: IndexFile.Section, of type: Element.Type, count: Int
    ) -> [Element] {
        let buffer: AlignedBuffer<Element> = buffer(section)
        precondition(count <= buffer.capacity, "\(count) elements of \(buffer.capacity)")
        return unsafe Array(UnsafeBufferPointer(start: buffer.base, count: count))
    }

    /// A section of links: the mapping itself, or for version 1 a copy in today's form. Nil if a block claims more
    /// neighbors than it can hold.
    func links(_ section: IndexFile.Section, blocks: Int, degree: Int) -> AlignedBuffer<UInt32>? {
        guard layout.version == 1 else { return buffer(section) }
        let source: AlignedBuffer<UInt32> = buffer(section)
        let stride = HNSWGraph.stride(degree: degree)
        let target = AlignedBuffer<UInt32>(capacity: blocks * stride)
        unsafe target.base.update(repeating: HNSWGraph.noSlot, count: target.capacity)
        for block in 0..<blocks {
            let start = block * layout.blockWords(degree: degree)
            let count = Int(source[start])
            guard count <= degree else { return nil }
            for index in 0..<count { target[block * stride + index] = source[start + 1 + index] }
        }
        return target
    }
}
