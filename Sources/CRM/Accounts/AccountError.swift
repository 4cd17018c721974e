/// What sign-in, refresh and account changes refuse.
public enum AccountError: Error, Equatable, CustomStringConvertible {
    /// Unknown address, wrong password or lapsed one-time password: one answer for all.
    case invalidCredentials
    /// The password was right, the account is inactive.
    case accountDisabled
    /// Too many failures for this address or IP.
    case locked(retryAfterSeconds: Int)
    /// The refresh token was never issued, or so long ago that it is forgotten.
    case unknownToken
    case tokenExpired
    case tokenRevoked
    /// A spent refresh token came back; its session has been ended.
    case tokenReused
    /// A spent refresh token came back right after its rotation; nothing was ended.
    case refreshSuperseded
    case passwordRejected([PasswordFault])
    /// Another account has this address.
    case addressTaken(existingID: String)
    case unknownUser(id: String)
    /// More passwords wait to be hashed than we are ready to queue.
    case busy

    public var description: String {
        switch self {
        case .invalidCredentials: "E-mail address or password is wrong."
        case .accountDisabled: "This account is disabled. Ask an administrator."
        case .locked(let seconds): "Too many failed sign-ins. Try again in \(seconds) seconds."
        case .unknownToken: "This refresh token is not known. Sign in again."
        case .tokenExpired: "The session has expired. Sign in again."
        case .tokenRevoked: "The session has ended. Sign in again."
        case .tokenReused: "This refresh token was used before, so its session has been ended. Sign in again."
        case .refreshSuperseded: "Another request has just refreshed this session. Use the tokens it received."
        case .passwordRejected(let faults):
            "The new password \(faults.map(\.message).joined(separator: ", "))."
        case .addressTaken: "Another account has this e-mail address."
        case .unknownUser: "There is no such account."
        case .busy: "Too many sign-ins at once. Try again in a moment."
        }
    }
}
