import Foundation

/// An instant as whole milliseconds since 1970-01-01T00:00:00Z, the only form in which times are stored.
public struct Timestamp: Sendable, Hashable, Comparable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// The instant `seconds` later, earlier when negative. Saturates at the ends of the range.
    public func adding(seconds: Int64) -> Timestamp {
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        let (sum, overflowed) = milliseconds.addingReportingOverflow(scaled)
        guard !overflow, !overflowed else { return Timestamp(milliseconds: seconds < 0 ? .min : .max) }
        return Timestamp(milliseconds: sum)
    }

    /// Whole seconds from `self` until `later`, rounded up, never below zero.
    public func seconds(until later: Timestamp) -> Int {
        let (difference, overflow) = later.milliseconds.subtractingReportingOverflow(milliseconds)
        guard !overflow else { return later < self ? 0 : Int.max }
        guard difference > 0 else { return 0 }
        return Int(difference / 1_000) + (difference % 1_000 == 0 ? 0 : 1)
    }

    /// The system's wall clock. It may jump, also backwards.
    @Sendable public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Later (or earlier) by `milliseconds`; stops at the ends of the range instead of overflowing.
    public func adding(milliseconds added: Int64) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(added)
        return Timestamp(milliseconds: overflow ? (added < 0 ? .min : .max) : sum)
    }

    /// How long ago `earlier` was; zero when it lies ahead (the clock was turned back).
    public func milliseconds(since earlier: Timestamp) -> Int64 {
        let (difference, overflow) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        return overflow ? (self > earlier ? .max : 0) : max(0, difference)
    }
}

extension Timestamp: SQLConvertible {
    public var sqlValue: SQLValue { .integer(milliseconds) }
}

extension Timestamp {
    /// RFC 3339 in UTC with milliseconds, such as `2025-06-14T09:30:00.000Z`; years 0000 to 9999.
    public var rfc3339: String {
        let clamped = min(max(milliseconds, Self.firstMilliseconds), Self.lastMilliseconds)
        let (day, inDay) = Self.divide(clamped, by: 86_400_000)
        let date = Self.civil(fromDay: day)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        func put(_ value: Int64, digits: Int, then separator: Character) {
            var divisor: Int64 = 1
            for _ in 1..<digits { divisor *= 10 }
            while divisor > 0 {
                bytes.append(UInt8(48 + (value / divisor) % 10))
                divisor /= 10
            }
            bytes.append(separator.asciiValue ?? 0)
        }
        put(date.year, digits: 4, then: "-")
        put(date.month, digits: 2, then: "-")
        put(date.day, digits: 2, then: "T")
        put(inDay / 3_600_000, digits: 2, then: ":")
        put(inDay / 60_000 % 60, digits: 2, then: ":")
        put(inDay / 1_000 % 60, digits: 2, then: ".")
        put(inDay % 1_000, digits: 3, then: "Z")
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads an RFC 3339 date-time with any offset; digits of a second beyond milliseconds are dropped.
    ///
    /// A leap second (`:60`) counts as the last millisecond of its minute. Nil for anything else, including
    /// impossible dates.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard (20...35).contains(bytes.count), bytes[4] == 45, bytes[7] == 45, bytes[10] | 32 == 116,
            bytes[13] == 58, bytes[16] == 58
        else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), var second = number(17..<19),
            (1...12).contains(month), day >= 1, day <= Self.daysInMonth(month, year: year),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var position = 19
        var fraction: Int64 = 0
        if bytes[position] == 46 {
            let start = position + 1
            position = start
            while position < bytes.count, (48...57).contains(bytes[position]) {
                if position - start < 3 { fraction = fraction * 10 + Int64(bytes[position] - 48) }
                position += 1
            }
            guard position > start else { return nil }
            for _ in (position - start)..<max(3, position - start) { fraction *= 10 }
        }
        if second == 60 {
            second = 59
            fraction = 999
        }
        var offsetMinutes: Int64 = 0
        guard position < bytes.count else { return nil }
        switch bytes[position] {
        case 90, 122:
            guard position + 1 == bytes.count else { return nil }
        case 43, 45:
            guard position + 6 == bytes.count, bytes[position + 3] == 58,
                let hours = number(position + 1..<position + 3), let minutes = number(position + 4..<position + 6),
                hours < 24, minutes < 60
            else { return nil }
            offsetMinutes = (hours * 60 + minutes) * (bytes[position] == 45 ? -1 : 1)
        default: return nil
        }
        let days = Self.day(year: year, month: month, day: day)
        let seconds = days * 86_400 + (hour * 60 + minute - offsetMinutes) * 60 + second
        self.init(milliseconds: seconds * 1_000 + fraction)
    }

    private static let firstMilliseconds = day(year: 0, month: 1, day: 1) * 86_400_000
    private static let lastMilliseconds = day(year: 10_000, month: 1, day: 1) * 86_400_000 - 1

    private static func divide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func daysInMonth(_ month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // Days since 1970-01-01 in the proleptic Gregorian calendar, by eras of 400 years that start on 1 March
    // (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = divide(shifted, by: 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func civil(fromDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = divide(day + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted + (shifted < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
