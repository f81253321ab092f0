package import PluginKit

/// Turns what librdkafka reports into an error a user can act on: who, what, where, what to do.
package struct KafkaFaults: Sendable {
    /// Begins every message: `sink/keep`.
    package let who: String
    /// The brokers, without anything secret.
    package let brokers: String
    /// What brokers do that are well: `confirm`, `answer`.
    var duty = "confirm"

    /// Creates a translator.
    package init(who: String, brokers: String) {
        self.who = who
        self.brokers = brokers
    }

    /// Codes of librdkafka and Kafka that are told apart here.
    package enum Code {
        package static let queueFull: Int32 = -184
        package static let allBrokersDown: Int32 = -187
        static let endOfPartition: Int32 = -191
        static let assigned: Int32 = -175
        static let authentication: Set<Int32> = [-169, 58]
        static let tls: Int32 = -181
        static let rights: Set<Int32> = [29, 30, 31]
        static let topic: Set<Int32> = [-188, -190, 3, 17]
        static let size: Int32 = 10
        static let replicas: Set<Int32> = [19, 20]

        /// Whether a fault means that nothing can be sent now.
        package static func isOutage(_ code: Int32) -> Bool {
            code == allBrokersDown || code == tls || authentication.contains(code)
        }
    }

    /// Returns the error for a code.
    ///
    /// - Parameters:
    ///   - said: the library's words.
    ///   - about: the topic, where it is about one.
    package func error(_ code: Int32, _ said: String, about topic: String? = nil) -> PluginError {
        let words = "(\(PluginError.shown(said.split(separator: "\n").first.map(String.init) ?? said)))"
        let name = topic.map { " \(PluginError.quoted($0))" } ?? ""
        return switch code {
        case _ where Code.authentication.contains(code):
            error(.auth, "refuses the user \(words)", "Correct 'user', 'password' and 'sasl'.")
        case Code.tls:
            error(.environment, "cannot be spoken to over TLS \(words)", "Change 'tls', 'tls_ca', or its certificate.")
        case _ where Code.rights.contains(code):
            error(
                .permission, "does not let the user do this with the topic\(name) \(words)",
                "Give the right there (kafka-acls).")
        case _ where Code.topic.contains(code):
            error(.environment, "has no topic\(name) \(words)", "Make it (kafka-topics --create), or correct 'topic'.")
        case Code.size:
            error(
                .configuration, "takes no message of that size \(words)",
                "Lower 'max_message_bytes', or raise the topic's limit.")
        case _ where Code.replicas.contains(code):
            error(.transient, "has too few replicas in step \(words)", "Look at the brokers; the host tries again.")
        default: error(.transient, "does not \(duty) \(words)", "Start it, or correct 'brokers'; the host tries again.")
        }
    }

    /// Returns an error of a class with a fact and a remedy.
    package func error(_ code: PluginError.Code, _ fact: String, _ remedy: String) -> PluginError {
        PluginError(code, "\(who): Kafka at \(PluginError.quoted(brokers)) \(fact). \(remedy)")
    }
}
