import API
import ArgumentParser
import Embedding
import Foundation

struct Embed: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case fbin, npy, jsonl
    }

    static let configuration = CommandConfiguration(
        abstract: "Embeds a file of texts, one a line, with the product's own encoder.",
        discussion: """
            One vector of L2 norm 1 for each line, in order; an empty line has a vector too.
              fbin   uint32 count, uint32 dimension, then float32 rows, little-endian
              npy    NumPy's format 1.0, float32, C order
              jsonl  one JSON array a line; the only one that may go to standard output
              propertypro embed texts.txt --format npy --out vectors.npy
            """)

    @Argument(help: "File of texts, UTF-8, one a line.") var file: String
    @Option(name: .long, help: "fbin, npy or jsonl.") var format = Format.jsonl
    @Option(name: .long, help: "File to write; without it jsonl goes to standard output.") var out: String?
    @Option(name: .long, help: "Folder of the embedding model.") var model: String?
    @Option(
        name: .long,
        help: "float32, bfloat16 or int8; by default the fastest of this CPU that answers as well as float32.")
    var precision = EmbeddingPrecision.standard
    @Option(name: .long, help: "Threads that embed, 1 to 64.") var threads = 2
    @Flag(name: .long, help: "Embed the lines as questions, for models that tell the two apart.") var queries = false

    private static let linesInFlight = 2_048

    func validate() throws {
        guard (1...64).contains(threads) else { throw ValidationError("--threads must be between 1 and 64.") }
        guard out != nil || format == .jsonl else { throw ValidationError("--format \(format.rawValue) needs --out.") }
    }

    func run() throws {
        let lines = try TextFile.lines(file)
        let embedder = try Embedder(
            modelFolder: model ?? Installation.defaultModelFolder, precision: precision, workers: threads)
        defer { embedder.shutDown() }
        let output = try VectorFileWriter(
            path: out, format: format, count: lines.count, dimension: embedder.dimension)
        let bar = ProgressBar()
        var done = 0
        while done < lines.count {
            let end = min(lines.count, done + Self.linesInFlight)
            let vectors = try embedder.embedBlocking(Array(lines[done..<end]), purpose: queries ? .query : .passage)
            try output.append(vectors)
            done = end
            bar.show("Embedding", fraction: Double(done) / Double(lines.count), detail: "\(done) of \(lines.count)")
        }
        bar.clear()
        try output.close()
    }
}

extension EmbeddingPrecision: ExpressibleByArgument {}
