import Assist
import Foundation
import Hummingbird
import Threads
import VectorStore

/// The fields and the file of an upload, the file already on disk.
struct UploadForm {
    let file: ArrivedFile
    let filename: String
    private let fields: [String: [String]]

    private static let knownFields: Set = [
        "title", "document_type", "tags", "visibility", "language", "property_id", "client_id", "transaction_id",
        "on_duplicate",
    ]

    /// Streams the body: the file goes to `path` as it arrives. On any error nothing is left there.
    static func read(_ request: Request, to path: String, limitBytes: Int, pool: ThreadPool) async throws -> UploadForm
    {
        var limits = MultipartLimits(fileBytes: limitBytes)
        // The file, eight single fields and thirty tags, with room to say which one is too much.
        limits.parts = 64
        var form = try MultipartReader(request, limits: limits)
        var fields: [String: [String]] = [:]
        var file: (name: String, content: ArrivedFile)?
        var violations: [FieldError] = []
        do {
            while let part = try await form.nextPart() {
                if part.name == "file", let name = part.filename, file == nil {
                    let arrival = try await pool.run { try FileArrival(path: path) }
                    while let piece = try await form.nextContent() {
                        try await pool.run { try arrival.write(piece) }
                    }
                    file = (name, arrival.finish())
                } else if part.name == "file" {
                    let isSecond = part.filename != nil
                    violations.append(
                        FieldError(
                            pointer: "/file", code: isSecond ? "repeated" : "wrong_type",
                            message: isSecond ? "may be given only once" : "must be a file with a name"))
                } else if knownFields.contains(part.name), part.filename == nil {
                    fields[part.name, default: []].append(try await form.text())
                } else {
                    violations.append(
                        FieldError(
                            pointer: "/" + ObjectReader.escape(part.name), code: "unknown_member",
                            message: "is not a field of this form"))
                }
            }
            if file == nil, !violations.contains(where: { $0.pointer == "/file" }) {
                violations.append(FieldError(pointer: "/file", code: "required", message: "is required"))
            }
            guard violations.isEmpty, let file else { throw Problem.validation(violations) }
            return UploadForm(file: file.content, filename: file.name, fields: fields)
        } catch {
            unlink(path)
            throw error
        }
    }

    var rejectsDuplicates: Bool { fields["on_duplicate"] == ["reject"] }

    /// The checked fields.
    /// - Throws: 422 with every violation.
    func upload(by userID: String) throws(Problem) -> DocumentUpload {
        let violations = Violations()
        func single(_ name: String, _ length: ClosedRange<Int>) -> String? {
            let values = fields[name] ?? []
            if values.count > 1 { violations.add("/" + name, "repeated", "may be given only once") }
            guard let value = values.first else { return nil }
            let reader = ValueReader(
                value: .string(value), pointer: "/" + name, violations: violations, isRequired: false)
            let text = reader.text(length)
            return reader.isBlank ? nil : text
        }
        func choice<T: RawRepresentable<String> & CaseIterable>(_ name: String, _ type: T.Type) -> T? {
            guard let text = single(name, 1...40) else { return nil }
            return ValueReader(value: .string(text), pointer: "/" + name, violations: violations).choice(type)
        }
        var upload = DocumentUpload(filename: filename, uploadedBy: userID)
        upload.title = single("title", 1...255)
        upload.documentType = choice("document_type", DocumentType.self)?.rawValue
        upload.visibility = choice("visibility", DocumentVisibility.self) ?? .brokerage
        upload.language = single("language", 2...35)
        if let language = upload.language, !LanguageTag.isValid(language) {
            violations.add("/language", "invalid_format", "must be a BCP 47 tag such as en or ar")
        }
        _ = choice("on_duplicate", DuplicatePolicy.self)
        upload.tags = tags(violations)
        if upload.visibility == .clientShared, fields["client_id"] == nil {
            violations.add("/client_id", "required", "is required when visibility is client_shared")
        }
        guard violations.errors.isEmpty else { throw .validation(violations.errors) }
        try checkReferences()
        return upload
    }

    private func tags(_ violations: Violations) -> [String] {
        let given = fields["tags"] ?? []
        if given.count > 30 { violations.add("/tags", "too_many_items", "must have at most 30 items") }
        var tags: [String] = []
        for (index, tag) in given.enumerated() {
            let pointer = "/tags/\(index)"
            let text = ValueReader(value: .string(tag), pointer: pointer, violations: violations).text(1...40)
            if text.contains(",") { violations.add(pointer, "invalid_format", "must not contain a comma") }
            if tags.contains(where: { $0.lowercased() == text.lowercased() }) {
                violations.add("/tags", "duplicate_item", "must not repeat an item")
            }
            tags.append(text)
        }
        return tags
    }

    /// This version keeps no listings, clients or deals yet: no id of one can be known.
    private func checkReferences() throws(Problem) {
        let given = ["property_id", "client_id", "transaction_id"].filter { fields[$0] != nil }
        guard given.isEmpty else {
            throw Problem(
                .unknownReference,
                errors: given.map { FieldError(pointer: "/" + $0, code: "unknown_reference", message: "is unknown") })
        }
    }

    private enum DuplicatePolicy: String, CaseIterable {
        case returnExisting = "return_existing"
        case reject
    }
}

/// What a document is, as people name it.
enum DocumentType: String, CaseIterable {
    case contract, brochure
    case marketReport = "market_report"
    case policy, legal
    case floorPlan = "floor_plan"
    case financial
    case transactionRecord = "transaction_record"
    case listingData = "listing_data"
    case training, correspondence, other
}

/// BCP 47 tags in the form of the contract: `en`, `ar-AE`.
enum LanguageTag {
    static func isValid(_ tag: String) -> Bool {
        let parts = tag.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = parts.first, (2...3).contains(first.utf8.count),
            first.utf8.allSatisfy({ (97...122).contains($0) })
        else { return false }
        return parts.dropFirst().allSatisfy { part in
            (2...8).contains(part.utf8.count)
                && part.utf8.allSatisfy {
                    (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                }
        }
    }
}
