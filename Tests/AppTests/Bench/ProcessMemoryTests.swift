import Testing

@testable import propertypro

@Suite struct ProcessMemoryTests {
    private let rollup = """
        55d0c8a00000-7ffd1a9fe000 ---p 00000000 00:00 0                          [rollup]
        Rss:                5120 kB
        Pss:                1500 kB
        Anonymous:          2048 kB
        AnonHugePages:      1024 kB
        """

    @Test func sizesAreReadInBytes() throws {
        let memory = try #require(ProcessMemory(rollup: rollup))
        #expect(memory.anonymousBytes == 2_048 * 1_024)
        #expect(memory.fileBackedBytes == 3_072 * 1_024)
        #expect(memory.residentBytes == 5_120 * 1_024)
    }

    @Test func otherTextGivesNothing() {
        #expect(ProcessMemory(rollup: "") == nil)
        #expect(ProcessMemory(rollup: "Rss: 10 kB") == nil)
        #expect(ProcessMemory(rollup: "Rss: 10 kB\nAnonymous: 20 kB") == nil)
        #expect(ProcessMemory(rollup: "Rss:\nAnonymous:") == nil)
        #expect(ProcessMemory(rollup: "Rss: 9223372036854775807 kB\nAnonymous: 1 kB") == nil)
    }

    /// In a process of its own: other tests of this one give memory back at any moment.
    @Test func memoryThatIsTouchedCounts() async {
        await #expect(processExitsWith: .success) {
            let before = try #require(ProcessMemory.current())
            let block = [UInt64](repeating: 1, count: 4 << 20)
            let after = try #require(ProcessMemory.current())
            #expect((after - before).anonymousBytes > 30 << 20)
            #expect(block.last == 1)
        }
    }
}
