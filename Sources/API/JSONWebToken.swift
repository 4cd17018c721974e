import CRM
import NIOCore
import Store

/// What an access token says (RFC 7519). The role is informative: rights are read from the store.
public struct AccessClaims: Sendable, Hashable {
    public var issuer: String
    public var audience: String
    /// The user.
    public var subject: String
    /// The session.
    public var sessionID: String
    public var role: String
    public var tokenID: String
    public var issuedAtSeconds: Int64
    public var expiresAtSeconds: Int64
}

/// Why a token is not accepted.
public enum TokenError: Error, Equatable, CustomStringConvertible {
    case malformed
    case wrongAlgorithm
    case badSignature
    case wrongIssuerOrAudience
    case issuedInTheFuture
    case expired

    public var description: String {
        switch self {
        case .malformed: "The access token is not a JSON Web Token of this server."
        case .wrongAlgorithm: "The access token uses an algorithm that this server does not accept."
        case .badSignature: "The signature of the access token does not hold."
        case .wrongIssuerOrAudience: "The access token was made for another service."
        case .issuedInTheFuture: "The access token claims to be issued in the future."
        case .expired: "The access token has expired. Refresh it."
        }
    }
}

/// Makes and checks access tokens: compact JWS (RFC 7515) with HS256, the one configured algorithm.
///
/// Whatever a token's header asks for, only this algorithm is ever computed (RFC 8725, 3.1). The signature is
/// checked before anything in the payload is believed.
public struct JSONWebTokens: Sendable {
    public static let algorithm = "HS256"
    /// Clocks of two machines may differ by this much.
    public static let skewSeconds: Int64 = 30
    private static let maximumTokenBytes = 4_096

    private let secret: [UInt8]
    public let issuer: String
    public let audience: String
    public let lifetimeSeconds: Int64

    /// - Parameter secret: at least 32 bytes.
    public init(secret: [UInt8], issuer: String, audience: String, lifetimeSeconds: Int64) {
        precondition(secret.count >= 32, "HS256 needs a secret of 32 bytes, not \(secret.count)")
        self.secret = secret
        self.issuer = issuer
        self.audience = audience
        self.lifetimeSeconds = lifetimeSeconds
    }

    /// A signed token for a session, and when it lapses.
    public func issue(user: User, sessionID: String, at now: Timestamp) -> (token: String, expiresAt: Timestamp) {
        let seconds = now.milliseconds / 1_000
        let claims = AccessClaims(
            issuer: issuer, audience: audience, subject: user.id, sessionID: sessionID, role: user.role.rawValue,
            tokenID: UUIDv7.make(at: now), issuedAtSeconds: seconds, expiresAtSeconds: seconds + lifetimeSeconds)
        return (sign(claims), Timestamp(milliseconds: claims.expiresAtSeconds * 1_000))
    }

    func sign(_ claims: AccessClaims) -> String {
        let header = JSONDocument { members in
            members.member("alg", Self.algorithm)
            members.member("typ", "JWT")
        }
        let payload = JSONDocument { members in
            members.member("iss", claims.issuer)
            members.member("aud", claims.audience)
            members.member("sub", claims.subject)
            members.member("sid", claims.sessionID)
            members.member("role", claims.role)
            members.member("jti", claims.tokenID)
            members.member("iat", claims.issuedAtSeconds)
            members.member("exp", claims.expiresAtSeconds)
        }
        let signed = [header, payload]
            .map { Base64URL.encode(JSONWriter.encode($0).readableBytesView) }.joined(separator: ".")
        return signed + "." + Base64URL.encode(hmacSHA256(Array(signed.utf8), key: secret))
    }

    /// The claims of a token that is ours and still valid.
    public func verify(_ token: String, at now: Timestamp) throws(TokenError) -> AccessClaims {
        let bytes = Array(token.utf8)
        guard bytes.count <= Self.maximumTokenBytes else { throw .malformed }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]) else { throw .malformed }
        let header = try object(parts[0])
        guard header["alg"] == .string(Self.algorithm) else { throw .wrongAlgorithm }
        // An extension that must be understood is not (RFC 7515, 4.1.11).
        guard header["crit"] == nil else { throw .malformed }
        let signed = Array(bytes[..<(parts[2].startIndex - 1)])
        guard constantTimeEqual(hmacSHA256(signed, key: secret), signature) else { throw .badSignature }
        return try check(object(parts[1]), at: now)
    }

    private func object(_ part: ArraySlice<UInt8>) throws(TokenError) -> JSONObject {
        guard let bytes = Base64URL.decode(part), let value = try? JSONParser.parse(bytes, maximumDepth: 4),
            case .object(let object) = value
        else { throw .malformed }
        return object
    }

    private func check(_ payload: JSONObject, at now: Timestamp) throws(TokenError) -> AccessClaims {
        func text(_ name: String) throws(TokenError) -> String {
            guard case .string(let value)? = payload[name] else { throw .malformed }
            return value
        }
        func seconds(_ name: String) throws(TokenError) -> Int64 {
            guard case .integer(let value)? = payload[name], (0...253_402_300_799).contains(value) else {
                throw .malformed
            }
            return value
        }
        let claims = AccessClaims(
            issuer: try text("iss"), audience: try text("aud"), subject: try text("sub"),
            sessionID: try text("sid"), role: try text("role"), tokenID: try text("jti"),
            issuedAtSeconds: try seconds("iat"), expiresAtSeconds: try seconds("exp"))
        guard claims.issuer == issuer, claims.audience == audience else { throw .wrongIssuerOrAudience }
        let present = now.milliseconds / 1_000
        guard claims.issuedAtSeconds <= present + Self.skewSeconds else { throw .issuedInTheFuture }
        guard present < claims.expiresAtSeconds + Self.skewSeconds else { throw .expired }
        return claims
    }
}
