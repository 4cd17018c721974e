/// How passages are cut. The defaults fit encoders with a window of 256 tokens.
public struct SplitSettings: Sendable, Hashable {
    /// Ceiling of a passage's text in tokens, special tokens and context not counted.
    public var maximumTokens = 200
    /// Ceiling of the context in tokens. Together with the text and two special tokens it has to fit the window.
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
