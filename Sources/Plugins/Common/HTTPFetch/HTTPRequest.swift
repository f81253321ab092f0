/// One request. Two that are equal and in flight at one time are sent once.
public struct HTTPRequest: Sendable, Hashable {
    /// What is asked for.
    public enum Method: String, Sendable {
        /// Reads.
        case get = "GET"
        /// Sends a body along. Providers only ask, so a POST is a question too.
        case post = "POST"
    }

    /// A header's name and value.
    public struct Header: Sendable, Hashable {
        /// Name, in any case.
        public let name: String
        /// Value.
        public let value: String

        /// Creates a header.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What is asked for.
    public let method: Method
    /// Where it goes.
    public let address: HTTPAddress
    /// Headers beside those of the client.
    public let headers: [Header]
    /// Body of a POST.
    public let body: [UInt8]
    /// Whether a redirect may lead to another host of the same scheme; only for requests without credentials.
    public var followsToOtherHosts = false

    /// Creates a request that reads.
    public init(get address: HTTPAddress, headers: [Header] = []) {
        method = .get
        self.address = address
        self.headers = headers
        body = []
    }

    /// Creates a request with a body; say what it is in a `Content-Type` header.
    public init(post address: HTTPAddress, headers: [Header] = [], body: [UInt8]) {
        method = .post
        self.address = address
        self.headers = headers
        self.body = body
    }
}
