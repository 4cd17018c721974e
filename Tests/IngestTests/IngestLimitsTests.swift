import Testing

@testable import Ingest

@Suite struct IngestLimitsTests {
    @Test func travelAsText() {
        var limits = IngestLimits.standard
        for (index, field) in IngestLimits.fields.enumerated() { limits[keyPath: field] = 1_000 + index }
        #expect(IngestLimits(encoded: limits.encoded) == limits)
        #expect(IngestLimits(encoded: "1,2") == nil)
        #expect(IngestLimits(encoded: limits.encoded + ",") == nil)
        #expect(IngestLimits(encoded: limits.encoded.replacing("1003", with: "-3")) == nil)
    }

    /// A limit that is added later must travel too.
    @Test func everyLimitIsListed() {
        #expect(Mirror(reflecting: IngestLimits.standard).children.count == IngestLimits.fields.count)
    }

    @Test func requestsTravel() {
        let request = ExtractionRequest(fileExtension: "p;d/f\0", limits: .standard)
        #expect(request.fileExtension == "p_d_f_")
        #expect(ExtractionRequest(encoded: request.encoded) == request)
        #expect(ExtractionRequest(encoded: ExtractionRequest(fileExtension: nil, limits: .standard).encoded) != nil)
        #expect(ExtractionRequest(encoded: "2;pdf;1") == nil)
    }
}
