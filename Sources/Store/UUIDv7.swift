import Synchronization

/// Time-ordered UUIDs in lower case text (RFC 9562, version 7).
///
/// Text order is the order of making, also within one millisecond and when the clock is turned back: the
/// 12 bits after the time are a counter (RFC 9562 §6.2, method 1). Safe to call from any thread.
public final class UUIDv7: Sendable {
    private struct Last {
        var milliseconds: UInt64 = 0
        var counter: UInt64 = 0
    }
    private let last = Mutex(Last())
    private static let counterLimit: UInt64 = 1 << 12
    private static let timeLimit: UInt64 = 1 << 48
    private static let shared = UUIDv7()

    public init() {}

    /// The next id of this process, with random bits of the system's generator.
    public static func make(at now: Timestamp = .now()) -> String {
        var generator = SystemRandomNumberGenerator()
        return shared.next(at: now, using: &generator)
    }

    /// The next id. `generator` gives the 62 random bits; times outside 1970…10889 are clamped.
    public func next(at now: Timestamp, using generator: inout some RandomNumberGenerator) -> String {
        let random: UInt64 = generator.next()
        let seed: UInt64 = generator.next()
        let time = min(UInt64(max(0, now.milliseconds)), Self.timeLimit - 1)
        let (milliseconds, counter) = last.withLock { last in
            if time > last.milliseconds {
                // Half of the counter's range stays free for ids of the same millisecond.
                last = Last(milliseconds: time, counter: seed % (Self.counterLimit / 2))
            } else if last.counter + 1 < Self.counterLimit {
                last.counter += 1
            } else {
                last = Last(milliseconds: last.milliseconds + 1, counter: 0)
            }
            return (last.milliseconds, last.counter)
        }
        let high = (milliseconds << 16) | 0x7000 | counter
        let low = (random & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        return Self.text(high: high, low: low)
    }

    private static func text(high: UInt64, low: UInt64) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        for position in 0..<32 {
            if dashes.contains(bytes.count) { bytes.append(UInt8(ascii: "-")) }
            let half = position < 16 ? high : low
            bytes.append(digits[Int((half >> UInt64(60 - 4 * (position % 16))) & 15)])
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let dashes: Set = [8, 13, 18, 23]

    /// The canonical lower-case form of any UUID (8-4-4-4-12 hex digits), nil if `text` is none.
    public static func canonical(_ text: some StringProtocol) -> String? {
        var bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        for index in bytes.indices {
            let isDash = bytes[index] == UInt8(ascii: "-")
            guard isDash == dashes.contains(index) else { return nil }
            switch bytes[index] {
            case 48...57, 97...102, UInt8(ascii: "-"): break
            case 65...70: bytes[index] += 32
            default: return nil
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
