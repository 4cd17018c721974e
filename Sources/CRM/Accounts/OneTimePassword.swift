/// A generated password that must be changed after the first sign-in.
public enum OneTimePassword {
    /// How long it may be used.
    public static let lifetimeSeconds: Int64 = 72 * 3_600
    private static let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789")
    private static let groups = 5
    private static let groupLength = 4

    /// Five groups of four letters and digits that are hard to misread: 99 random bits.
    public static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let group = {
            String((0..<groupLength).map { _ in alphabet[Int.random(in: alphabet.indices, using: &generator)] })
        }
        return (0..<groups).map { _ in group() }.joined(separator: "-")
    }
}
