import KafkaClient
import PluginKit
import Testing

/// Codes of librdkafka and Kafka become classes with what to do.
struct KafkaFaultTests {
    private let faults = KafkaFaults(who: "sink/keep", brokers: "k:9092")

    @Test(
        arguments: [
            (-169, PluginError.Code.auth, "'sasl'"), (58, .auth, "'password'"), (-181, .environment, "'tls_ca'"),
            (29, .permission, "kafka-acls"), (31, .permission, "kafka-acls"),
            (3, .environment, "kafka-topics --create"),
            (-188, .environment, "correct 'topic'"), (10, .configuration, "'max_message_bytes'"),
            (19, .transient, "tries again"),
            (-187, .transient, "correct 'brokers'"), (-195, .transient, "correct 'brokers'"),
        ] as [(Int32, PluginError.Code, String)])
    func eachCodeHasItsClassAndRemedy(code: Int32, expected: PluginError.Code, remedy: String) {
        let error = faults.error(code, "two\nlines\u{1B}", about: "t")
        #expect(error.code == expected && error.message.contains(remedy), "\(error.message)")
        #expect(error.message.hasPrefix("sink/keep: Kafka at 'k:9092' ") && !error.message.contains("lines"))
    }

    @Test func outagesAreTold() {
        #expect(KafkaFaults.Code.isOutage(-187) && KafkaFaults.Code.isOutage(-169) && KafkaFaults.Code.isOutage(-181))
        #expect(!KafkaFaults.Code.isOutage(-195) && !KafkaFaults.Code.isOutage(3))
    }
}
