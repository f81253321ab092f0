import AccessScopes
import PluginKit

/// The keys under `host.security`.
extension HostFields {
    static let security: [Field] = [
        Field(
            "names", .list(.text, 0...100), default: .list([]),
            "DNS names that requests may name the host by in 'Host', besides its address."),
        Field(
            "roles", .map(.list(.choice(Scope.given.map(\.rawValue)), 1...Scope.given.count)),
            "Roles of your own, beside reader, trader, model_manager, operator and admin: what each may."),
        Field("audit", .record(audit), "The log of changes."),
        Field("issuer", .record(issuer), "Somebody else who says who callers are, by signed tokens (JWT)."),
        Field("limits", .record(limits), "How many requests each caller may make, where callers say who they are."),
        Field("tls", .record(tls), "How connections are encrypted; absent, they are not."),
    ]

    private static let audit: [Field] = [
        Field(
            "key", .path,
            "The Ed25519 key, PEM, that each day's seal is signed with, which only the host's user may read; absent, none is signed."
        ),
        Field(
            "data", .boolean, default: .boolean(false),
            "Whether reading is logged too: market data, predictions, trades, the manifest, what was refused, the log itself."
        ),
    ]

    private static let issuer: [Field] = [
        Field("issuer", .text, isRequired: true, "What 'iss' of a token has to be."),
        Field("audience", .text, isRequired: true, "What 'aud' of a token has to name."),
        Field(
            "keys", .text, isRequired: true,
            "The issuer's public keys (JWKS): a file, or an address that begins with https://."),
        Field("claim", .text, default: .text("roles"), "The claim whose texts say what a subject may."),
        Field(
            "grants", .map(.text), isRequired: true,
            "Roles by those texts; a subject without one of them is nobody here."),
        Field(
            "skew", .duration(.zero...(.seconds(600))), default: .duration(.seconds(60)),
            "How far the clocks of issuer and host may be apart."),
    ]

    /// A bucket of each caller: so many come in a second, and so many are saved up.
    private static let limits: [Field] = [
        Field(
            "read", .number(0.01...1e6), default: .number(100), unit: "requests a second",
            "What is only read, by identity; five times as many at once."),
        Field(
            "change", .number(0.01...1e6), default: .number(1), unit: "requests a second",
            "Changes, by identity; thirty times as many at once."),
        Field(
            "login", .number(0.01...1e6), default: .number(5), unit: "requests a second",
            "Logins, and requests that show nothing that is known, by address; twelve times as many at once."),
    ]

    private static let tls: [Field] = [
        Field(
            "certificate", .path, isRequired: true,
            "The host's certificate with those it was signed by, PEM; read again when it changes."),
        Field("key", .path, isRequired: true, "Its private key, PEM, which only the host's user may read."),
        Field("min", .choice(["1.2", "1.3"]), default: .text("1.2"), "Oldest version of TLS that is spoken."),
        Field(
            "clients", .path,
            "Certificates that sign those of machines, PEM; a machine that shows one needs no key."),
        Field("machines", .map(.text), "Roles of machines, by a DNS name in their certificate."),
        Field(
            "hsts", .duration(.zero...(.seconds(3_650 * 86_400))), default: .duration(.seconds(180 * 86_400)),
            "How long browsers remember to ask by TLS only; 0s tells them nothing."),
    ]
}
