import Testing
import VectorIndex

@Suite struct VectorIndexErrorTests {
    @Test func descriptionsNameTheValuesAndTheWayOut() {
        let errors: [(VectorIndexError, [String])] = [
            (.invalidParameter(name: "m", value: 1, allowed: "a number from 2 to 128"), ["m is 1", "2 to 128"]),
            (.dimensionMismatch(expected: 384, found: 768), ["384", "768", "model"]),
            (.notFinite(component: 7), ["7", "finite"]),
            (.magnitudeTooLarge(squaredNorm: 5e37, limit: 4e37), ["5e+37", "4e+37", "scale"]),
            (.badRow(12, reason: .notFinite(component: 7)), ["row 12", "7", "finite"]),
            (.outOfMemory, ["memory"]),
            (.cancelled, ["cancelled"]),
            (.badKeys(expected: 5, found: 4, repeated: nil), ["4 keys", "5 vectors"]),
            (.badKeys(expected: 5, found: 5, repeated: 77), ["77", "twice"]),
            (.keyExists(77), ["77", "remove"]),
            (.indexFull(limit: 9), ["9", "split"]),
            (.staleBitmap(expectedGeneration: 4, foundGeneration: 3), ["4", "3", "again"]),
            (.invalidFingerprint(expectedBytes: 32, foundBytes: 31), ["32", "31"]),
            (.unsupportedVersion(path: "a.idx", expected: 1, found: 2), ["a.idx", "1", "2", "rebuild"]),
            (.damagedFile(path: "a.idx", offset: 64, check: "checksum"), ["a.idx", "64", "checksum", "rebuild"]),
            (.fileOperation(path: "a.idx", operation: "open", code: 2), ["open a.idx", "2"]),
        ]
        for (error, words) in errors {
            let description = "\(error)"
            for word in words { #expect(description.contains(word)) }
            #expect(description.hasSuffix(".") && !description.contains("\n"))
        }
    }
}
