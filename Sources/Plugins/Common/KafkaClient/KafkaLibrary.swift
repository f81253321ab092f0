package import CLibRdKafka
package import PluginKit
import SharedLibraries

/// The functions of librdkafka that are used here, found at run time: <https://docs.confluent.io/platform/current/clients/librdkafka/html/rdkafka_8h.html>.
package struct KafkaLibrary: Sendable {
    package typealias Handle = OpaquePointer
    package typealias Text = UnsafePointer<CChar>
    package typealias Report =
        @convention(c) (Handle?, UnsafePointer<rd_kafka_message>?, UnsafeMutableRawPointer?) -> Void
    package typealias Places = UnsafeMutablePointer<rd_kafka_places>
    package typealias Rebalance = @convention(c) (Handle?, Int32, Places?, UnsafeMutableRawPointer?) -> Void
    package typealias Fault = @convention(c) (Handle?, Int32, Text?, UnsafeMutableRawPointer?) -> Void

    package let makeConfiguration: @convention(c) () -> Handle?
    package let set: @convention(c) (Handle, Text, Text, UnsafeMutablePointer<CChar>, Int) -> Int32
    package let dropConfiguration: @convention(c) (Handle) -> Void
    package let setReport: @convention(c) (Handle, Report?) -> Void
    package let setFault: @convention(c) (Handle, Fault?) -> Void
    package let setLog: @convention(c) (Handle, UnsafeMutableRawPointer?) -> Void
    package let setOwner: @convention(c) (Handle, UnsafeMutableRawPointer?) -> Void
    package let make: @convention(c) (Int32, Handle, UnsafeMutablePointer<CChar>, Int) -> Handle?
    package let destroy: @convention(c) (Handle) -> Void
    package let produce: @convention(c) (Handle, UnsafePointer<rd_kafka_argument>, Int) -> OpaquePointer?
    package let errorCode: @convention(c) (OpaquePointer) -> Int32
    package let dropError: @convention(c) (OpaquePointer) -> Void
    package let text: @convention(c) (Int32) -> Text?
    package let poll: @convention(c) (Handle, Int32) -> Int32
    package let purge: @convention(c) (Handle, Int32) -> Int32
    package let metadata:
        @convention(c) (Handle, Int32, OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>, Int32) -> Int32
    package let dropMetadata: @convention(c) (OpaquePointer) -> Void
    // What reads.
    package let setRebalance: @convention(c) (Handle, Rebalance?) -> Void
    package let protocolName: @convention(c) (Handle) -> Text?
    package let assign: @convention(c) (Handle, Places?) -> Int32
    package let assignMore: @convention(c) (Handle, Places?) -> OpaquePointer?
    package let assignLess: @convention(c) (Handle, Places?) -> OpaquePointer?
    package let makePlaces: @convention(c) (Int32) -> Places?
    package let addPlace: @convention(c) (Places, Text, Int32) -> UnsafeMutablePointer<rd_kafka_place>?
    package let dropPlaces: @convention(c) (Places) -> Void
    package let subscribe: @convention(c) (Handle, Places) -> Int32
    package let joinQueues: @convention(c) (Handle) -> Int32
    package let take: @convention(c) (Handle, Int32) -> UnsafeMutablePointer<rd_kafka_message>?
    package let dropMessage: @convention(c) (UnsafeMutablePointer<rd_kafka_message>) -> Void
    package let pause: @convention(c) (Handle, Places) -> Int32
    package let resume: @convention(c) (Handle, Places) -> Int32
    package let storeOffsets: @convention(c) (Handle, Places) -> Int32
    package let committed: @convention(c) (Handle, Places, Int32) -> Int32
    package let watermarks:
        @convention(c) (Handle, Text, Int32, UnsafeMutablePointer<Int64>, UnsafeMutablePointer<Int64>) -> Int32
    package let close: @convention(c) (Handle) -> Int32

    /// Opens the library: the path given, or else the first of the system's names that opens.
    ///
    /// - Throws: `.environment` with the command that installs it.
    package init(owner: String, path: String?) throws(PluginError) {
        let symbols = try SharedLibrary(
            SharedLibrary.Wanted(
                owner: owner, title: "librdkafka", candidates: ["librdkafka.so.1", "librdkafka.so"], version: "1.6",
                command: "sudo apt-get install librdkafka1"), path: path)
        makeConfiguration = try symbols.find("rd_kafka_conf_new")
        set = try symbols.find("rd_kafka_conf_set")
        dropConfiguration = try symbols.find("rd_kafka_conf_destroy")
        setReport = try symbols.find("rd_kafka_conf_set_dr_msg_cb")
        setFault = try symbols.find("rd_kafka_conf_set_error_cb")
        setLog = try symbols.find("rd_kafka_conf_set_log_cb")
        setOwner = try symbols.find("rd_kafka_conf_set_opaque")
        make = try symbols.find("rd_kafka_new")
        destroy = try symbols.find("rd_kafka_destroy")
        produce = try symbols.find("rd_kafka_produceva")
        errorCode = try symbols.find("rd_kafka_error_code")
        dropError = try symbols.find("rd_kafka_error_destroy")
        text = try symbols.find("rd_kafka_err2str")
        poll = try symbols.find("rd_kafka_poll")
        purge = try symbols.find("rd_kafka_purge")
        metadata = try symbols.find("rd_kafka_metadata")
        dropMetadata = try symbols.find("rd_kafka_metadata_destroy")
        setRebalance = try symbols.find("rd_kafka_conf_set_rebalance_cb")
        protocolName = try symbols.find("rd_kafka_rebalance_protocol")
        assign = try symbols.find("rd_kafka_assign")
        assignMore = try symbols.find("rd_kafka_incremental_assign")
        assignLess = try symbols.find("rd_kafka_incremental_unassign")
        makePlaces = try symbols.find("rd_kafka_topic_partition_list_new")
        addPlace = try symbols.find("rd_kafka_topic_partition_list_add")
        dropPlaces = try symbols.find("rd_kafka_topic_partition_list_destroy")
        subscribe = try symbols.find("rd_kafka_subscribe")
        joinQueues = try symbols.find("rd_kafka_poll_set_consumer")
        take = try symbols.find("rd_kafka_consumer_poll")
        dropMessage = try symbols.find("rd_kafka_message_destroy")
        pause = try symbols.find("rd_kafka_pause_partitions")
        resume = try symbols.find("rd_kafka_resume_partitions")
        storeOffsets = try symbols.find("rd_kafka_offsets_store")
        committed = try symbols.find("rd_kafka_committed")
        watermarks = try symbols.find("rd_kafka_get_watermark_offsets")
        close = try symbols.find("rd_kafka_consumer_close")
    }

    /// Makes a client of a configuration, which it takes over: a producer (0) or a consumer (1).
    func client(_ type: Int32, _ configuration: Handle, _ faults: KafkaFaults) throws(PluginError) -> Handle {
        var said = [CChar](repeating: 0, count: 512)
        if let handle = make(type, configuration, &said, said.count) { return handle }
        dropConfiguration(configuration)
        let words = String(decoding: said.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw PluginError(
            .configuration,
            "\(faults.who): librdkafka made no client: \(PluginError.shown(words)). Correct the options it names.")
    }

    /// Returns the library's words for an error.
    package func words(_ code: Int32) -> String { text(code).map { String(cString: $0) } ?? "error \(code)" }
}
