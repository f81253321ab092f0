import Glibc
import PluginKit
import Synchronization

/// Breaks as the options of an instance say: which call, how, when. One for each instance, for the life of the process.
final class Breaking: Sendable {
    /// The options of every plugin here.
    static let schema = ConfigurationSchema([
        .text("call", isRequired: true, "Which call breaks."), .text("fault", isRequired: true, "How."),
        .text("when", isRequired: true, "When."),
    ])

    private struct State {
        var calls = 0
        var hasBroken = false
    }

    private static let known = Mutex<[String: Breaking]>([:])

    let instance: String
    private let call: String
    private let fault: String
    private let when: String
    private let state = Mutex(State())

    /// Returns the one of an instance, with what it remembers of those before it.
    static func of(_ configuration: Configuration) throws(PluginError) -> Breaking {
        let made = Breaking(
            configuration.instance, try configuration.text("call"), try configuration.text("fault"),
            try configuration.text("when"))
        return known.withLock { known in
            let kept = known[configuration.instance] ?? made
            known[configuration.instance] = kept
            return kept
        }
    }

    private init(_ instance: String, _ call: String, _ fault: String, _ when: String) {
        (self.instance, self.call, self.fault, self.when) = (instance, call, fault, when)
    }

    /// Returns what a call does wrong, where it is its time: the first call at the start, else the fourth, of predictions the first
    /// after those that judge a fit.
    func fault(in call: String) -> String? {
        guard call == self.call else { return nil }
        return state.withLock { state in
            state.calls += 1
            let isRare = ["init", "probe", "fetch", "fit", "load", "flush"].contains(call)
            let usual = ["predict", "outputs"].contains(call) ? 16 : 4
            let isTime = state.calls >= (isRare || when == "start" ? 1 : usual)
            guard when == "always" ? isTime || state.hasBroken : isTime && !state.hasBroken else { return nil }
            state.hasBroken = true
            return fault
        }
    }

    /// Returns what the push of a number, from 1, does wrong.
    func fault(inPush number: Int) -> String? {
        guard call == "stream", number == (when == "start" ? 1 : 4) else { return nil }
        return state.withLock { state in
            guard when == "always" || !state.hasBroken else { return nil }
            state.hasBroken = true
            return fault
        }
    }

    /// Throws, where it is the time of a call that can only throw; hangs where it is told to.
    func breakdown(in call: String) throws(PluginError) {
        if let fault = fault(in: call) { throw error(fault) }
    }

    /// Does what a fault says: throws, or does not return.
    func fail(_ fault: String) async throws(PluginError) {
        switch fault {
        case "hang":
            do { try await Task.sleep(for: .seconds(3_600)) } catch {
                throw PluginError(.cancelled, "\(instance): cancelled.")
            }
        case "deaf": await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
        default: throw error(fault)
        }
    }

    /// The error of a name.
    func error(_ name: String) -> PluginError {
        let code: PluginError.Code =
            switch name {
            case "transient": .transient
            case "rate_limited": .rateLimited
            case "auth": .auth
            case "permission": .permission
            case "configuration": .configuration
            case "unsupported": .unsupported
            case "malformed": .malformed
            case "environment": .environment
            case "cancelled": .cancelled
            default: PluginError.Code(name, isTransient: false)
            }
        return PluginError(code, "\(instance): told to be \(name).")
    }
}
