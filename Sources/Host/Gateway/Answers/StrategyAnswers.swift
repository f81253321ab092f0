import JSONWriting
import PluginKit

/// How the gateway looks at strategies; the composition root gives it.
package struct StrategyControl: Sendable {
    /// The ids of enabled strategies.
    package let ids: @Sendable () -> [String]
    /// Returns the paper account of a strategy as JSON; `nil` where there is no such strategy.
    package let account: @Sendable (_ id: String) async throws -> [UInt8]?

    /// Creates a control.
    package init(
        ids: @escaping @Sendable () -> [String], account: @escaping @Sendable (String) async throws -> [UInt8]?
    ) {
        self.ids = ids
        self.account = account
    }
}

/// `/api/v2/strategies`: what the paper accounts of enabled strategies hold.
struct StrategyAnswers: Sendable {
    /// What stands in the path.
    static let strategy = Parameter(required: "strategy", .id)

    /// What computes them; `nil` where there are none.
    let control: StrategyControl?

    /// Answers with the accounts of all.
    func list() async throws -> Reply {
        var accounts: [[UInt8]] = []
        for id in control?.ids() ?? [] { if let account = try await account(id) { accounts.append(account) } }
        var json = JSONText(capacity: 1_024)
        json.object { json in
            json.field("count", accounts.count)
            json.key("strategies")
            json.array { json in for account in accounts { json.raw(account) } }
        }
        return Reply(json)
    }

    /// Answers with one account.
    func show(_ id: String) async throws -> Reply {
        guard let account = try await account(id) else {
            throw GatewayError.noInstance("strategy", id, known: control?.ids() ?? [])
        }
        return Reply(contentType: Reply.json, account)
    }

    private func account(_ id: String) async throws -> [UInt8]? {
        do {
            return try await control?.account(id)
        } catch let error as PluginError {
            throw error.code == .cancelled ? CancellationError() : GatewayError.store(error)
        }
    }
}
