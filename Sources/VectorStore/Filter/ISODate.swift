/// Dates as text, the profile of ISO 8601 that RFC 3339 describes, a little wider.
///
/// `2026-03-01`, or that with `T` or a space and a time: `09:30`, `09:30:15`, `09:30:15.25`, followed by nothing, `Z`, or
/// an offset `+04:00`, `+0400`, `+04`. A date alone is its midnight, a time without a zone is UTC. Years have four
/// digits. Digits of a second's fraction beyond the sixth count for nothing.
public enum ISODate {
    /// The instant in microseconds since 1970 in UTC, or nil if the text is no date.
    public static func microseconds(_ text: String) -> Int64? {
        let utf8 = text.utf8
        // The fifth byte tells nearly every other text apart.
        guard utf8.count >= 10, utf8[utf8.index(utf8.startIndex, offsetBy: 4)] == UInt8(ascii: "-") else { return nil }
        var text = text
        return text.withUTF8 { bytes in
            var reader = Reader(bytes: bytes)
            return reader.readInstant()
        }
    }

    private struct Reader {
        let bytes: UnsafeBufferPointer<UInt8>
        var position = 0

        init(bytes: UnsafeBufferPointer<UInt8>) {
            self.bytes = bytes
        }

        var next: UInt8? { position < bytes.count ? bytes[position] : nil }

        mutating func skip(_ characters: StaticString) -> Bool {
            guard let next else { return false }
            for index in 0..<characters.utf8CodeUnitCount where characters.utf8Start[index] == next {
                position += 1
                return true
            }
            return false
        }

        mutating func number(digits: Int, in range: ClosedRange<Int64>) -> Int64? {
            guard position + digits <= bytes.count else { return nil }
            var value: Int64 = 0
            for _ in 0..<digits {
                let digit = bytes[position] &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                value = value * 10 + Int64(digit)
                position += 1
            }
            return range.contains(value) ? value : nil
        }

        mutating func readInstant() -> Int64? {
            guard let year = number(digits: 4, in: 0...9999), skip("-"), let month = number(digits: 2, in: 1...12),
                skip("-"), let day = number(digits: 2, in: 1...ISODate.days(of: month, year: year))
            else { return nil }
            var seconds = ISODate.daysSince1970(year: year, month: month, day: day) * 86_400
            if next == nil { return seconds * 1_000_000 }
            guard skip("Tt "), let hour = number(digits: 2, in: 0...23), skip(":"),
                let minute = number(digits: 2, in: 0...59)
            else { return nil }
            seconds += hour * 3600 + minute * 60
            var fraction: Int64 = 0
            if skip(":") {
                guard let second = number(digits: 2, in: 0...59) else { return nil }
                seconds += second
                if skip(".,") {
                    guard let read = readFraction() else { return nil }
                    fraction = read
                }
            }
            guard let offset = readOffset(), next == nil else { return nil }
            return (seconds - offset) * 1_000_000 + fraction
        }

        /// Microseconds.
        private mutating func readFraction() -> Int64? {
            var value: Int64 = 0
            var unit: Int64 = 100_000
            let start = position
            while let next, next &- UInt8(ascii: "0") < 10 {
                value += Int64(next - UInt8(ascii: "0")) * unit
                unit /= 10
                position += 1
            }
            return position > start ? value : nil
        }

        /// Seconds east of UTC.
        private mutating func readOffset() -> Int64? {
            if next == nil || skip("Zz") { return 0 }
            let isWest = next == UInt8(ascii: "-")
            guard skip("+-"), let hours = number(digits: 2, in: 0...23) else { return nil }
            var seconds = hours * 3600
            if next != nil {
                _ = skip(":")
                guard let minutes = number(digits: 2, in: 0...59) else { return nil }
                seconds += minutes * 60
            }
            return isWest ? -seconds : seconds
        }
    }

    private static func days(of month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days in the Gregorian calendar, counted in years that begin in March so that a leap day is the last.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year + 399 : year + 400
        let era = shifted / 400
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468 - 146_097
    }
}
