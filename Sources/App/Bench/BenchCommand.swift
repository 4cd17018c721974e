import ArgumentParser

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures parts of the product on your data.",
        subcommands: [Index.self, Embedding.self, Collection.self])
}
