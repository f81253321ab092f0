package import CLibRdKafka
package import PluginKit
import SharedLibraries

/// The functions of librdkafka that are used here, found at run time: <https://docs.confluent.io/platform/current/clients/librdkafka/html/rdkafka_8h.html>.
package struct KafkaLibrary: Sendable {
    package typealias Handle = OpaquePointer
    package typealias Text = UnsafePointer<CChar>
    package typealias Report =
        @convention(c) (Handle?, UnsafePointer<rd_kafka_message>?, UnsafeMutableRawPointer?) -> Void
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
    }

    /// Returns the library's words for an error.
    package func words(_ code: Int32) -> String { text(code).map { String(cString: $0) } ?? "error \(code)" }
}
