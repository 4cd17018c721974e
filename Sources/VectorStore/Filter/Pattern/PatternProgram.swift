/// A pattern as a tree, as its text has it.
indirect enum PatternNode: Sendable {
    case set(ScalarSet)
    case scalar(Unicode.Scalar)
    case assertion(PatternAssertion)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repetition(PatternNode, least: Int, most: Int?)
}

/// What a place between two scalars can be asked.
enum PatternAssertion: Sendable {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary

    func holds(after previous: Unicode.Scalar?, before next: Unicode.Scalar?) -> Bool {
        switch self {
        case .textStart: previous == nil
        case .textEnd: next == nil
        case .lineStart: previous == nil || previous == "\n"
        case .lineEnd: next == nil || next == "\n"
        case .wordBoundary: Self.isWord(previous) != Self.isWord(next)
        case .noWordBoundary: Self.isWord(previous) == Self.isWord(next)
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar?) -> Bool { scalar?.isWordCharacter ?? false }
}

/// A pattern as instructions for a nondeterministic automaton (Thompson 1968): all ways through it are followed at once,
/// so that a search takes at most (length of the text) × (length of the program) steps, whatever the pattern.
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        case scalar(Unicode.Scalar)
        case set(ScalarSet)
        case assertion(PatternAssertion)
        /// Goes on at both places.
        case split(Int, Int)
        case jump(Int)
        case match
    }

    private(set) var instructions: [Instruction] = []
    /// Whether a match can begin with each of the scalars below 128.
    private var starters: (UInt64, UInt64) = (0, 0)
    /// The program can match without taking a scalar.
    private var matchesEmpty = false

    /// Nil if there would be more instructions than allowed.
    init?(_ node: PatternNode, limit: Int) {
        guard emit(node, limit: limit) else { return nil }
        instructions.append(.match)
        findStarters()
    }

    private mutating func emit(_ node: PatternNode, limit: Int) -> Bool {
        guard instructions.count < limit else { return false }
        switch node {
        case .set(let set): instructions.append(.set(set))
        case .scalar(let scalar): instructions.append(.scalar(scalar))
        case .assertion(let assertion): instructions.append(.assertion(assertion))
        case .sequence(let parts):
            for part in parts { guard emit(part, limit: limit) else { return false } }
        case .choice(let parts): return emitChoice(parts, limit: limit)
        case .repetition(let part, let least, let most): return emitRepetition(part, least, most, limit: limit)
        }
        return true
    }

    private mutating func emitChoice(_ parts: [PatternNode], limit: Int) -> Bool {
        var exits: [Int] = []
        for (index, part) in parts.enumerated() {
            let split = instructions.count
            if index < parts.count - 1 { instructions.append(.match) }
            guard emit(part, limit: limit) else { return false }
            if index < parts.count - 1 {
                exits.append(instructions.count)
                instructions.append(.match)
                instructions[split] = .split(split + 1, instructions.count)
            }
        }
        for exit in exits { instructions[exit] = .jump(instructions.count) }
        return true
    }

    private mutating func emitRepetition(_ part: PatternNode, _ least: Int, _ most: Int?, limit: Int) -> Bool {
        for _ in 0..<least { guard emitOnce(part, limit: limit) else { return false } }
        guard let most else {
            let split = instructions.count
            instructions.append(.match)
            guard emit(part, limit: limit) else { return false }
            instructions.append(.jump(split))
            instructions[split] = .split(split + 1, instructions.count)
            return true
        }
        var splits: [Int] = []
        for _ in least..<most {
            splits.append(instructions.count)
            instructions.append(.match)
            guard emit(part, limit: limit) else { return false }
        }
        for split in splits { instructions[split] = .split(split + 1, instructions.count) }
        return true
    }

    /// A part that emits nothing must not be emitted a billion times.
    private mutating func emitOnce(_ part: PatternNode, limit: Int) -> Bool {
        let before = instructions.count
        guard emit(part, limit: limit) else { return false }
        if instructions.count == before { instructions.append(.jump(before + 1)) }
        return true
    }

    private mutating func findStarters() {
        var seen = Set<Int>()
        var open = [0]
        while let place = open.popLast() {
            guard seen.insert(place).inserted else { continue }
            switch instructions[place] {
            case .split(let first, let second): open += [first, second]
            case .jump(let target): open.append(target)
            case .assertion: open.append(place + 1)
            case .match: matchesEmpty = true
            case .scalar(let scalar): addStarters { $0 == scalar }
            case .set(let set): addStarters(set.contains)
            }
        }
    }

    private mutating func addStarters(_ isStarter: (Unicode.Scalar) -> Bool) {
        for value in 0..<64 as Range<UInt8> {
            if isStarter(Unicode.Scalar(value)) { starters.0 |= 1 << UInt64(value) }
            if isStarter(Unicode.Scalar(value + 64)) { starters.1 |= 1 << UInt64(value) }
        }
    }

    // MARK: Searching

    /// Whether some part of the text matches.
    func matchesPart(of text: String) -> Bool {
        var threads = Threads(capacity: instructions.count)
        var arrived: [Int] = []
        var previous: Unicode.Scalar?
        var scalars = text.unicodeScalars.makeIterator()
        while true {
            let next = scalars.next()
            if arrived.isEmpty, !matchesEmpty, let next, next.isASCII {
                let bits = next.value < 64 ? starters.0 : starters.1
                if bits & (1 << UInt64(next.value & 63)) == 0 {
                    previous = next
                    continue
                }
            }
            arrived.append(0)
            if threads.follow(arrived, instructions, after: previous, before: next) { return true }
            guard let next else { return false }
            arrived.removeAll(keepingCapacity: true)
            for place in threads.waiting where takes(place, next) { arrived.append(place + 1) }
            previous = next
        }
    }

    private func takes(_ place: Int, _ scalar: Unicode.Scalar) -> Bool {
        switch instructions[place] {
        case .scalar(let wanted): wanted == scalar
        case .set(let set): set.contains(scalar)
        case .assertion, .split, .jump, .match: false
        }
    }

    /// The places where the automaton is.
    private struct Threads {
        /// Instructions that wait for a scalar.
        private(set) var waiting: [Int] = []
        private var open: [Int] = []
        /// By instruction: the last round in which it was reached.
        private var reached: [Int]
        private var round = 0

        init(capacity: Int) {
            reached = Array(repeating: 0, count: capacity)
        }

        /// Goes on from the places without taking a scalar. Returns whether the end of the program is reached.
        mutating func follow(
            _ places: [Int], _ instructions: [Instruction], after previous: Unicode.Scalar?,
            before next: Unicode.Scalar?
        ) -> Bool {
            round += 1
            waiting.removeAll(keepingCapacity: true)
            open.removeAll(keepingCapacity: true)
            open.append(contentsOf: places)
            while let place = open.popLast() {
                if reached[place] == round { continue }
                reached[place] = round
                switch instructions[place] {
                case .match: return true
                case .split(let first, let second):
                    open.append(second)
                    open.append(first)
                case .jump(let target): open.append(target)
                case .assertion(let assertion):
                    if assertion.holds(after: previous, before: next) { open.append(place + 1) }
                case .scalar, .set: waiting.append(place)
                }
            }
            return false
        }
    }
}
