/// Every stable problem code of the contract (behaviour.md, section 1), with its status and title.
public enum ProblemCode: String, Sendable, Hashable, CaseIterable {
    case invalidJSON = "invalid_json"
    case invalidParameter = "invalid_parameter"
    case unknownParameter = "unknown_parameter"
    case payloadTooLarge = "payload_too_large"
    case unsupportedMediaType = "unsupported_media_type"
    case extensionMismatch = "extension_mismatch"
    case upgradeRequired = "upgrade_required"

    case unauthenticated
    case invalidCredentials = "invalid_credentials"
    case tokenExpired = "token_expired"
    case tokenRevoked = "token_revoked"
    case tokenReused = "token_reused"
    case forbidden
    case accountDisabled = "account_disabled"
    case passwordChangeRequired = "password_change_required"
    case notFound = "not_found"
    case methodNotAllowed = "method_not_allowed"
    case versionMismatch = "version_mismatch"

    case duplicate, conflict
    case invalidTransition = "invalid_transition"
    case terminalStatus = "terminal_status"
    case openTransactions = "open_transactions"
    case propertyUnavailable = "property_unavailable"
    case overlap
    case lastAdmin = "last_admin"
    case ownerOfOpenRecords = "owner_of_open_records"
    case versionConflict = "version_conflict"
    case documentNotReady = "document_not_ready"
    case documentInUse = "document_in_use"
    case reportNotReady = "report_not_ready"
    case audienceChanged = "audience_changed"
    case sequenceActive = "sequence_active"
    case sessionBusy = "session_busy"
    case turnInProgress = "turn_in_progress"
    case alreadyFinished = "already_finished"
    case notCancellable = "not_cancellable"
    case alreadyInReview = "already_in_review"
    case alreadyClaimed = "already_claimed"
    case reindexInProgress = "reindex_in_progress"
    case importInProgress = "import_in_progress"
    case optimizeInProgress = "optimize_in_progress"
    case planStale = "plan_stale"
    case idempotencyInProgress = "idempotency_in_progress"
    case refreshSuperseded = "refresh_superseded"

    case validationFailed = "validation_failed"
    case unknownReference = "unknown_reference"
    case guardFailed = "guard_failed"
    case notPublishable = "not_publishable"
    case missingInputs = "missing_inputs"
    case missingColumns = "missing_columns"
    case missingArea = "missing_area"
    case noComparables = "no_comparables"
    case cyclicSteps = "cyclic_steps"
    case promptTooLong = "prompt_too_long"
    case emptyFile = "empty_file"
    case emptyAudience = "empty_audience"
    case badChannelMix = "bad_channel_mix"
    case unknownPlaceholder = "unknown_placeholder"
    case textTooLong = "text_too_long"
    case mediaRequired = "media_required"
    case passwordRejected = "password_rejected"
    case ownSubmission = "own_submission"
    case reviewerNotEligible = "reviewer_not_eligible"
    case weightsNotNormalised = "weights_not_normalised"
    case exportTooLarge = "export_too_large"
    case idempotencyKeyReused = "idempotency_key_reused"

    case rateLimited = "rate_limited"
    case accountLocked = "account_locked"
    case internalError = "internal_error"
    case dependencyUnavailable = "dependency_unavailable"
    case queueFull = "queue_full"
    case aiUnavailable = "ai_unavailable"
    case aiTimeout = "ai_timeout"

    public var status: Int {
        switch self {
        case .invalidJSON, .invalidParameter, .unknownParameter: 400
        case .unauthenticated, .invalidCredentials, .tokenExpired, .tokenRevoked, .tokenReused: 401
        case .forbidden, .accountDisabled, .passwordChangeRequired: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .versionMismatch: 412
        case .payloadTooLarge: 413
        case .unsupportedMediaType, .extensionMismatch: 415
        case .upgradeRequired: 426
        case .validationFailed, .unknownReference, .guardFailed, .notPublishable, .missingInputs, .missingColumns,
            .missingArea, .noComparables, .cyclicSteps, .promptTooLong, .emptyFile, .emptyAudience, .badChannelMix,
            .unknownPlaceholder, .textTooLong, .mediaRequired, .passwordRejected, .ownSubmission,
            .reviewerNotEligible, .weightsNotNormalised, .exportTooLarge, .idempotencyKeyReused:
            422
        case .rateLimited, .accountLocked: 429
        case .internalError: 500
        case .dependencyUnavailable, .queueFull, .aiUnavailable, .aiTimeout: 503
        default: 409
        }
    }

    /// Short text that is the same for every occurrence (RFC 9457, 3.1.3).
    public var title: String {
        switch self {
        case .invalidJSON: "Invalid JSON"
        case .tokenExpired: "Access token expired"
        case .unauthenticated: "Not signed in"
        case .forbidden: "Not permitted"
        case .rateLimited: "Too many requests"
        case .invalidTransition: "Transition not allowed"
        case .dependencyUnavailable: "Service unavailable"
        case .aiUnavailable: "AI unavailable"
        case .aiTimeout: "AI timeout"
        default: Self.sentence(rawValue)
        }
    }

    private static func sentence(_ code: String) -> String {
        let words = code.replacing("_", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
