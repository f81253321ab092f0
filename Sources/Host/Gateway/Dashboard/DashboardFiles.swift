import FoundationEssentials
import HTTPTypes
import PluginKit

/// The dashboard: the page at `/`, its own files under `/assets/`, the libraries it draws with under `/libraries/`.
///
/// A file is read when it is asked for, so a change of it shows as soon as the page is loaded again.
struct DashboardFiles: Sendable {
    /// The folder with `index.html`; `nil` where none came with the program.
    let folder: String?

    /// Scripts and styles of this server alone, none inline but the style sheet that Lightweight Charts adds, by its digest;
    /// no other page may frame it.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY='; "
        + "img-src 'self' data:; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        + "form-action 'none'"

    private static let types = [
        "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
        "txt": "text/plain; charset=utf-8", "webmanifest": "application/manifest+json",
    ]

    private static let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789-_.".utf8)

    /// Answers with the page.
    func page() throws(GatewayError) -> Reply {
        try reply("index.html", type: "text/html; charset=utf-8")
            .adding("Content-Security-Policy", Self.policy).adding("Referrer-Policy", "no-referrer")
    }

    /// Answers with a file of the dashboard's own.
    func asset(_ name: String) throws(GatewayError) -> Reply { try reply(name, type: Self.type(of: name)) }

    /// Answers with a library, or its licence.
    func library(_ name: String) throws(GatewayError) -> Reply {
        try reply("libraries/\(name)", type: Self.type(of: name))
    }

    /// A name leads nowhere else: it has letters, digits, `-`, `_` and `.`, and begins with no dot.
    private static func type(of name: String) throws(GatewayError) -> String {
        let isPlain = name.utf8.allSatisfy(letters.contains)
        guard isPlain, name.first != ".", let type = types[String(name.split(separator: ".").last ?? "")] else {
            throw .unknownFile(name)
        }
        return type
    }

    private func reply(_ name: String, type: String) throws(GatewayError) -> Reply {
        guard let folder else { throw .noDashboard }
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { throw .unknownFile(name) }
        return Reply(contentType: type, Array(data)).adding("Cache-Control", "no-cache")
            .adding("X-Content-Type-Options", "nosniff")
    }
}

extension Reply {
    /// Returns the answer with one more field.
    fileprivate func adding(_ name: String, _ value: String) -> Reply {
        var reply = self
        if let name = HTTPField.Name(name) { reply.fields[name] = value }
        return reply
    }
}

extension GatewayError {
    fileprivate static let noDashboard = GatewayError(
        .unknownFile,
        "gateway: the dashboard did not come with this program; allowed is a folder 'dashboard' in a folder above it, or in "
            + "share/penstock beside bin. Run it from a checkout, or install it with `make install`.")

    fileprivate static func unknownFile(_ name: String) -> GatewayError {
        GatewayError(
            .unknownFile,
            "gateway: the dashboard has no file \(PluginError.quoted(name)). A library that is missing is fetched by "
                + "`make dashboard-libraries`.")
    }
}
