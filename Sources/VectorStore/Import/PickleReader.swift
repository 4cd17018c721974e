/// What a pickle holds, as far as it is data.
enum PickleValue: Sendable, Hashable {
    case none
    case integer(Int64)
    case string(String)
    case dictionary([PickleValue: PickleValue])
    /// A class, a tuple or another thing that is not looked into.
    case opaque

    subscript(name: String) -> PickleValue? {
        guard case .dictionary(let members) = self else { return nil }
        return members[.string(name)]
    }
}

/// Why bytes are no pickle that we read.
struct PickleError: Error, Equatable {
    let offset: Int
    let reason: String
}

/// Reads the few opcodes of Python's pickle that a dictionary of numbers and strings needs, as Chroma's `index_metadata.pickle`
/// has them. Nothing is called and no class is looked up; any other opcode is refused. Time and memory are proportional to
/// the bytes.
struct PickleReader {
    private let bytes: [UInt8]
    private var position = 0
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    /// Dictionaries lie in one another at most twice in Chroma's files.
    private static let mostMarks = 8

    static func read(_ bytes: [UInt8]) throws(PickleError) -> PickleValue {
        var reader = PickleReader(bytes: bytes)
        return try reader.run()
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private func wrong(_ reason: String) -> PickleError { PickleError(offset: position, reason: reason) }

    // MARK: Bytes

    private mutating func take(_ count: Int) throws(PickleError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= bytes.count - position else { throw wrong("it ends too soon") }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    /// Little-endian.
    private mutating func unsigned(_ width: Int) throws(PickleError) -> Int {
        var value: UInt64 = 0
        for (place, byte) in try take(width).enumerated() { value |= UInt64(byte) << UInt64(8 * place) }
        guard let number = Int(exactly: value) else { throw wrong("a length of \(value)") }
        return number
    }

    private mutating func text(_ count: Int) throws(PickleError) -> PickleValue {
        guard let text = String(validating: try take(count), as: UTF8.self) else {
            throw wrong("text that is no UTF-8")
        }
        return .string(text)
    }

    private mutating func line() throws(PickleError) {
        while try take(1).first != 10 {}
    }

    /// Two's complement of any width.
    private mutating func long(_ count: Int) throws(PickleError) -> PickleValue {
        guard count <= 8 else { throw wrong("a number of \(count) bytes") }
        let digits = try take(count)
        var value: UInt64 = (digits.last ?? 0) & 0x80 == 0 ? 0 : .max
        for digit in digits.reversed() { value = value << 8 | UInt64(digit) }
        return .integer(Int64(bitPattern: value))
    }

    // MARK: Stack

    private mutating func pop() throws(PickleError) -> PickleValue {
        guard let value = stack.popLast(), stack.count >= marks.last ?? 0 else { throw wrong("an empty stack") }
        return value
    }

    private mutating func setItems(_ items: ArraySlice<PickleValue>) throws(PickleError) {
        guard items.count % 2 == 0, case .dictionary(var members)? = stack.last else {
            throw wrong("members without a dictionary")
        }
        // The dictionary must not be in two places while it grows, or each member would copy it.
        stack[stack.count - 1] = .none
        var index = items.startIndex
        while index < items.endIndex {
            switch items[index] {
            case .string, .integer: members[items[index]] = items[index + 1]
            default: throw wrong("a key that is neither text nor number")
            }
            index += 2
        }
        stack[stack.count - 1] = .dictionary(members)
    }

    private func remembered(_ place: Int) throws(PickleError) -> PickleValue {
        guard let value = memo[place] else { throw wrong("place \(place), which nothing was put into") }
        return value
    }

    private mutating func remember(at place: Int) throws(PickleError) {
        guard let value = stack.last else { throw wrong("an empty stack") }
        // Only texts are fetched again; a dictionary that is still empty is another one later.
        if case .dictionary = value { memo[place] = .opaque } else { memo[place] = value }
    }

    // MARK: Opcodes

    private mutating func run() throws(PickleError) -> PickleValue {
        while true {
            let start = position
            guard let opcode = try take(1).first else { throw wrong("it ends too soon") }
            switch opcode {
            case 0x80: _ = try take(1)  // PROTO
            case 0x95: _ = try take(8)  // FRAME
            case 0x2e: return try pop()  // STOP
            case 0x28:  // MARK
                guard marks.count < Self.mostMarks else { throw wrong("too many things in one another") }
                marks.append(stack.count)
            case 0x7d: stack.append(.dictionary([:]))  // EMPTY_DICT
            case 0x29: stack.append(.opaque)  // EMPTY_TUPLE
            case 0x4e: stack.append(.none)  // NONE
            case 0x88, 0x89: stack.append(.integer(opcode == 0x88 ? 1 : 0))  // NEWTRUE, NEWFALSE
            case 0x4a: stack.append(.integer(Int64(Int32(truncatingIfNeeded: try unsigned(4)))))  // BININT
            case 0x4b: stack.append(.integer(Int64(try unsigned(1))))  // BININT1
            case 0x4d: stack.append(.integer(Int64(try unsigned(2))))  // BININT2
            case 0x8a: stack.append(try long(try unsigned(1)))  // LONG1
            case 0x58: stack.append(try text(try unsigned(4)))  // BINUNICODE
            case 0x8c: stack.append(try text(try unsigned(1)))  // SHORT_BINUNICODE
            case 0x8d: stack.append(try text(try unsigned(8)))  // BINUNICODE8
            case 0x73:  // SETITEM
                let value = try pop()
                try setItems([try pop(), value])
            case 0x75:  // SETITEMS
                guard let mark = marks.popLast(), mark <= stack.count else { throw wrong("no mark") }
                let items = stack[mark...]
                stack.removeSubrange(mark...)
                try setItems(items)
            case 0x94: try remember(at: memo.count)  // MEMOIZE
            case 0x71: try remember(at: try unsigned(1))  // BINPUT
            case 0x72: try remember(at: try unsigned(4))  // LONG_BINPUT
            case 0x68: stack.append(try remembered(try unsigned(1)))  // BINGET
            case 0x6a: stack.append(try remembered(try unsigned(4)))  // LONG_BINGET
            case 0x93, 0x81:  // STACK_GLOBAL, NEWOBJ
                _ = try pop()
                _ = try pop()
                stack.append(.opaque)
            case 0x63:  // GLOBAL
                try line()
                try line()
                stack.append(.opaque)
            case 0x62:  // BUILD: the object is what was built into it
                let state = try pop()
                _ = try pop()
                stack.append(state)
            default:
                position = start
                throw wrong("opcode \(opcode), which Chroma does not write")
            }
        }
    }
}
