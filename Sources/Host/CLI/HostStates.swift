import FoundationEssentials
import HostApp
import HostManifest

/// States of instances in the host that runs a manifest; a short wait, and no answer is no fault.
enum HostStates {
    /// An instance of a running host.
    struct Instance {
        /// `kind/id`.
        let name: String
        /// `kind/name` of its plugin.
        let plugin: String
        let state: String
    }

    private struct Answer: Decodable {
        struct Instance: Decodable {
            let kind: String
            let id: String
            let plugin: String
            let state: String
        }
        let instances: [Instance]
    }

    /// Returns the states by instance (`sink/keep`); none where no host answers.
    static func read(_ manifest: Manifest) -> [String: String] {
        let instances = RunningHost.find(manifest).map(read) ?? []
        return Dictionary(instances.map { ($0.name, $0.state) }, uniquingKeysWith: { first, _ in first })
    }

    /// Returns the instances of a host; none where it does not answer.
    static func read(_ host: RunningHost) -> [Instance] {
        guard let answer = try? LocalClient.ask(host, "GET", "/api/v2/plugins", patience: .milliseconds(500)),
            answer.status == 200, let decoded = try? JSONDecoder().decode(Answer.self, from: Data(answer.body))
        else { return [] }
        return decoded.instances.map {
            Instance(name: "\($0.kind)/\($0.id)", plugin: "\($0.kind)/\($0.plugin)", state: $0.state)
        }
    }
}
