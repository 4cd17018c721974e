/// What a walk read and computed.
public struct SearchCost: Sendable, Equatable {
    /// Nodes whose links were read.
    public internal(set) var expanded = 0
    /// Neighbors scored, by their codes where there are codes.
    public internal(set) var scored = 0
    /// Vectors read for exact distances after the walk; 0 where the scores were exact.
    public internal(set) var vectorsRead = 0
    /// Cache lines of links, codes and vectors behind these numbers.
    public internal(set) var cacheLines = 0
}
