import Kernels

/// Rows of one kind of component, rounded by the reference, and their values as floats.
struct RowFixture {
    let values: [Float]
    private let bytes: [UInt8]
    private let componentBytes: Int

    init(_ floats: [Float], _ component: RowComponent) {
        switch component {
        case .float32:
            values = floats
            bytes = floats.withUnsafeBytes { Array($0) }
        case .bfloat16:
            let bits = floats.map(CodeReference.bfloat16)
            values = bits.map(CodeReference.widened)
            bytes = bits.withUnsafeBytes { Array($0) }
        case .float16:
            let bits = floats.map(CodeReference.float16)
            values = bits.map(CodeReference.widenedFloat16)
            bytes = bits.withUnsafeBytes { Array($0) }
        }
        componentBytes = component == .float32 ? 4 : 2
    }

    /// The address of the component at `start`.
    func withRow<Result>(_ start: Int = 0, _ body: (UnsafeRawPointer) -> Result) -> Result {
        func at(_ base: UnsafePointer<UInt8>) -> Result { body(UnsafeRawPointer(base) + start * componentBytes) }
        return at(bytes)
    }
}
