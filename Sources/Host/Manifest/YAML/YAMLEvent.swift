/// One step of libyaml through a text; places are characters from the start.
struct YAMLEvent {
    /// What was read.
    let kind: Kind
    /// The first character.
    let start: Int
    /// Behind the last character.
    let end: Int

    /// The kinds of event.
    enum Kind {
        case documentStart
        case documentEnd
        case streamEnd
        case alias(String)
        case scalar(String, ScalarStyle, NodeProperties)
        case sequenceStart(isFlow: Bool, NodeProperties)
        case sequenceEnd
        case mappingStart(isFlow: Bool, NodeProperties)
        case mappingEnd
        /// The start of the stream: of no interest.
        case other
    }

    /// What stands before a node.
    struct NodeProperties {
        /// The name after `&`.
        let anchor: String?
        /// The tag after `!`, written in the file.
        let tag: String?
    }
}

/// A text that is not YAML, in libyaml's words.
struct YAMLProblem: Error {
    /// What is wrong: `did not find expected key`.
    let problem: String
    /// What was being read: `while parsing a block mapping`; empty where libyaml does not say.
    let context: String
    /// Where it is, in characters from the start.
    let index: Int
    /// Where what was being read began; `nil` where libyaml does not say.
    let contextIndex: Int?
}
