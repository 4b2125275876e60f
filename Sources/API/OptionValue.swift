/// A value of JSON as an option's text: a text, a number or a truth.
struct OptionValue: Decodable, Sendable {
  let text: String

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let text = try? value.decode(String.self) {
      self.text = text
    } else if let flag = try? value.decode(Bool.self) {
      text = "\(flag)"
    } else if let whole = try? value.decode(Int.self) {
      text = "\(whole)"
    } else {
      text = "\(try value.decode(Double.self))"
    }
  }
}
