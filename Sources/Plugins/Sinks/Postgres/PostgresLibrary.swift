import PluginKit
import SharedLibraries

/// The functions of libpq that are used here, found at run time: <https://www.postgresql.org/docs/current/libpq.html>.
struct PostgresLibrary: Sendable {
    typealias Text = UnsafePointer<CChar>
    typealias Handle = OpaquePointer
    typealias Answer = OpaquePointer

    let connect: @convention(c) (UnsafePointer<Text?>, UnsafePointer<Text?>, Int32) -> Handle?
    let poll: @convention(c) (Handle) -> Int32
    let status: @convention(c) (Handle) -> Int32
    let socket: @convention(c) (Handle) -> Int32
    let error: @convention(c) (Handle) -> Text?
    let needsPassword: @convention(c) (Handle) -> Int32
    let parameter: @convention(c) (Handle, Text) -> Text?
    let setVerbosity: @convention(c) (Handle, Int32) -> Int32
    let setNotices: @convention(c) (Handle, Notice?, UnsafeMutableRawPointer?) -> Notice?
    let setNonblocking: @convention(c) (Handle, Int32) -> Int32
    let finish: @convention(c) (Handle) -> Void
    let send: @convention(c) (Handle, Text) -> Int32
    let flush: @convention(c) (Handle) -> Int32
    let consume: @convention(c) (Handle) -> Int32
    let isBusy: @convention(c) (Handle) -> Int32
    let answer: @convention(c) (Handle) -> Answer?
    let answerStatus: @convention(c) (Answer) -> Int32
    let answerError: @convention(c) (Answer, Int32) -> Text?
    let rowCount: @convention(c) (Answer) -> Int32
    let columnCount: @convention(c) (Answer) -> Int32
    let cell: @convention(c) (Answer, Int32, Int32) -> Text?
    let clear: @convention(c) (Answer) -> Void
    let putCopy: @convention(c) (Handle, UnsafeRawPointer?, Int32) -> Int32
    let endCopy: @convention(c) (Handle, Text?) -> Int32

    typealias Notice = @convention(c) (UnsafeMutableRawPointer?, Text?) -> Void

    /// Opens the library: the path given, or else the first of the system's names that opens.
    ///
    /// - Throws: `.environment` with the command that installs it.
    init(owner: String, path: String?) throws(PluginError) {
        let symbols = try SharedLibrary(
            SharedLibrary.Wanted(
                owner: owner, title: "libpq", candidates: ["libpq.so.5", "libpq.so"], version: "12",
                command: "sudo apt-get install libpq5"), path: path)
        connect = try symbols.find("PQconnectStartParams")
        poll = try symbols.find("PQconnectPoll")
        status = try symbols.find("PQstatus")
        socket = try symbols.find("PQsocket")
        error = try symbols.find("PQerrorMessage")
        needsPassword = try symbols.find("PQconnectionNeedsPassword")
        parameter = try symbols.find("PQparameterStatus")
        setVerbosity = try symbols.find("PQsetErrorVerbosity")
        setNotices = try symbols.find("PQsetNoticeProcessor")
        setNonblocking = try symbols.find("PQsetnonblocking")
        finish = try symbols.find("PQfinish")
        send = try symbols.find("PQsendQuery")
        flush = try symbols.find("PQflush")
        consume = try symbols.find("PQconsumeInput")
        isBusy = try symbols.find("PQisBusy")
        answer = try symbols.find("PQgetResult")
        answerStatus = try symbols.find("PQresultStatus")
        answerError = try symbols.find("PQresultErrorField")
        rowCount = try symbols.find("PQntuples")
        columnCount = try symbols.find("PQnfields")
        cell = try symbols.find("PQgetvalue")
        clear = try symbols.find("PQclear")
        putCopy = try symbols.find("PQputCopyData")
        endCopy = try symbols.find("PQputCopyEnd")
    }
}
