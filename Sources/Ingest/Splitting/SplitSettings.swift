/// How passages are cut. The defaults fit encoders with a window of 256 tokens, two of them special.
public struct SplitSettings: Sendable, Hashable {
    /// Ceiling of context and text together in tokens, special tokens not counted.
    public var windowTokens = 254
    /// Ceiling of a passage's text in tokens. A row of a CSV file may use all of the window that its context leaves.
    public var maximumTokens = 200
    /// Ceiling of the context in tokens.
    public var maximumContextTokens = 48
    /// Neighbouring blocks of one section are put together until a passage has this many; small sections and tables
    /// are put together until it has half as many.
    public var targetTokens = 120
    /// Sentences of running text that a passage repeats from the one before, where a section is cut for its length.
    public var overlapSentences = 1
    /// Ceiling of a passage in scalars, for text that makes few tokens.
    public var maximumCharacters = 2_000

    public init() {}
}
