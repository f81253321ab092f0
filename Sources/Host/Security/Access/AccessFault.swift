/// Why somebody is not let in.
package enum AccessFault: Error, Sendable, Equatable {
    /// Nothing was shown.
    case nothingShown
    /// What was shown is no key, session or token that is known here.
    case unknown
    /// The key was good until then.
    case expired
    /// The key was taken back.
    case revoked
    /// The role of the key is none any more.
    case noRole(String)
    /// Too many wrong tries from there; seconds to wait.
    case locked(seconds: Int)
    /// As many keys are being looked at as may be at once.
    case busy
}
