/// What every text that a condition accepts must contain, as far as the condition tells.
indirect enum TextRequirement: Sendable, Hashable {
    /// These bytes, one after the other.
    case part([UInt8])
    case all([TextRequirement])
    case any([TextRequirement])
    /// Nothing that could be looked up.
    case nothing

    static func part(_ text: some StringProtocol) -> TextRequirement { .part(Array(text.utf8)) }
}

extension PatternNode {
    /// What every text must contain in which the pattern matches a part.
    var requirement: TextRequirement {
        switch self {
        case .scalar(let scalar): .part(String(scalar))
        case .set, .assertion: .nothing
        case .choice(let parts): .any(parts.map(\.requirement))
        case .repetition(let part, let least, _): least > 0 ? part.requirement : .nothing
        case .sequence(let parts): Self.requirement(ofSequence: parts)
        }
    }

    /// Scalars that follow one another make one part.
    private static func requirement(ofSequence parts: [PatternNode]) -> TextRequirement {
        var found: [TextRequirement] = []
        var run: [UInt8] = []
        func endRun() {
            if !run.isEmpty { found.append(.part(run)) }
            run = []
        }
        for part in parts {
            switch part {
            case .scalar(let scalar): run += Array(String(scalar).utf8)
            // Takes no room: what follows is still next to what came before.
            case .assertion: break
            default:
                endRun()
                let requirement = part.requirement
                if requirement != .nothing { found.append(requirement) }
            }
        }
        endRun()
        return found.count == 1 ? found[0] : found.isEmpty ? .nothing : .all(found)
    }
}
