import API
import ArgumentParser

@main
struct PropertyPro: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "propertypro",
        abstract: "Answers a brokerage's questions from its own documents, each sentence with its source.",
        discussion: """
            One folder holds everything: database, files, index, keys. One process owns it at a time.

            A first round:
              propertypro ingest Examples --data ./data
              propertypro ask "Who pays the service charge after a sale?" --data ./data
              propertypro serve --data ./data
            """,
        version: ProductVersion.current,
        subcommands: [
            Serve.self, Ingest.self, Ask.self, ImportChroma.self, Embed.self, Eval.self, Check.self, Dump.self,
            Backup.self, Restore.self, Purge.self, Bench.self, ExtractWorker.self,
        ])
}
