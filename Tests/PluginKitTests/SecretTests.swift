import PluginKit
import Testing

struct SecretTests {
    private static let text = "k3y-of-the-account"
    private let secret = Secret(text)

    @Test func noWayOfPrintingShowsTheText() {
        let value = ConfigurationValue.secret(secret)
        let configuration = Configuration(instance: "provider/x", values: ["key": value, "list": .list([value])])
        let shown: [String] = [
            "\(secret)", secret.description, secret.debugDescription, String(describing: secret),
            String(reflecting: secret), "\(Optional(secret) as Any)", "\([secret])", "\(["a": secret])",
            "\(value)", String(reflecting: value), "\(configuration)", String(reflecting: configuration),
            Self.dumped(secret), Self.dumped(value), Self.dumped(configuration), Self.dumped([secret]),
        ]
        for text in shown { #expect(!text.contains(Self.text), "\(text.count) characters") }
        #expect("\(secret)" == "<secret>")
    }

    @Test func itsMirrorHasNoChildren() {
        let mirror = Mirror(reflecting: secret)
        #expect(mirror.children.isEmpty)
        #expect(mirror.descendant("content") == nil)
    }

    @Test func revealGivesTheText() {
        #expect(secret.reveal() == Self.text)
        #expect(!secret.isEmpty)
        #expect(Secret("").isEmpty)
        #expect(secret == Secret(Self.text))
        #expect(secret != Secret("other"))
    }

    private static func dumped(_ value: some Any) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }
}
