import Foundation
import Store
import Testing

@Suite(.timeLimit(.minutes(5)))
struct DataFolderLockTests {
    @Test func aSecondProcessIsRefusedSoonAndToldWhoHoldsIt() throws {
        let scratch = try Scratch()
        let folder = scratch.path("data")
        let probe = try Probe(["lock", folder])
        #expect(probe.firstLine() == "held")
        // The best of three: the machine may be busy, the limit is about the lock.
        var fastest = Duration.seconds(60)
        for _ in 0..<3 {
            let start = ContinuousClock.now
            #expect(throws: StoreError.locked(folder: folder, owner: "probe (process \(probe.identifier))")) {
                try DataFolderLock(folder: folder, purpose: "test")
            }
            fastest = min(fastest, ContinuousClock.now - start)
        }
        #expect(fastest < .milliseconds(150))
        probe.kill()
        #expect(probe.exitStatus() == nil)
        _ = try DataFolderLock(folder: folder, purpose: "test")
    }

    @Test func theLockIsExclusiveWithinAProcessAndFreedWithTheValue() throws {
        let scratch = try Scratch()
        var lock: DataFolderLock? = try DataFolderLock(folder: scratch.folder, purpose: "first")
        #expect(lock != nil)
        #expect(throws: StoreError.locked(folder: scratch.folder, owner: "first (process \(getpid()))")) {
            try DataFolderLock(folder: scratch.folder, purpose: "second")
        }
        lock = nil
        _ = try DataFolderLock(folder: scratch.folder, purpose: "second")
    }

    @Test func aShorterNameReplacesALongerOneWhole() throws {
        let scratch = try Scratch()
        do { _ = try DataFolderLock(folder: scratch.folder, purpose: String(repeating: "long ", count: 50)) }
        let lock = try DataFolderLock(folder: scratch.folder, purpose: "b")
        #expect(throws: StoreError.locked(folder: scratch.folder, owner: "b (process \(getpid()))")) {
            try DataFolderLock(folder: scratch.folder, purpose: "c")
        }
        withExtendedLifetime(lock) {}
    }

    @Test func programsStartedLaterDoNotInheritTheLock() throws {
        let scratch = try Scratch()
        let lock = try DataFolderLock(folder: scratch.folder, purpose: "parent")
        // Whoever starts a program without closing everything would hand the lock on.
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap(Int32.init)
        let locks = open.filter { descriptor in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
            return target == scratch.path("owner.lock")
        }
        #expect(locks.count == 1)
        for descriptor in locks { #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0) }
        withExtendedLifetime(lock) {}
    }

    @Test func theFolderIsMadeForItsOwnerAlone() throws {
        let scratch = try Scratch()
        let folder = scratch.path("a/b")
        _ = try DataFolderLock(folder: folder, purpose: "test")
        let mode = try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? Int
        #expect(mode == 0o700)
    }

    @Test func aFileInPlaceOfTheFolderIsAFileError() throws {
        let scratch = try Scratch()
        let path = scratch.path("file")
        try Data().write(to: URL(fileURLWithPath: path))
        #expect {
            try DataFolderLock(folder: path, purpose: "test")
        } throws: { error in
            guard case StoreError.file = error else { return false }
            return true
        }
    }
}
