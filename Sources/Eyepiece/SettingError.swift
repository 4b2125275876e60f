/// What is wrong with a setting, in words for the operator.
package enum SettingError: Error, CustomStringConvertible {
  case refused(Setting)
  case unknownKey(String, file: String)
  case notAnObject(file: String)
  case notAnOrigin(String)
  case noCertificate(Setting)
  case noKey
  case unusableFile(Setting, path: String)
  case noTLS

  package var description: String {
    switch self {
    case .refused(let setting):
      "\(setting.name) must be \(setting.allowed) "
        + "(--\(setting.name), \(setting.variable), or that key in the configuration file)"
    case .unknownKey(let key, let file): "\(file): there is no setting \"\(key)\""
    case .notAnObject(let file): "\(file) is not a JSON object of settings"
    case .notAnOrigin(let text):
      "cors-origins: \"\(text)\" is no origin such as https://lab.example or http://localhost:3000"
    case .noCertificate(let setting):
      "\(setting.name) means nothing without tls-certificate: TLS would not be spoken at all"
    case .noKey: "tls-certificate needs tls-key: \(SettingTable.typed.tlsKey.setting.help)"
    case .unusableFile(let setting, let path):
      "\(setting.name): \(path) cannot be read, or is not what it should be: \(setting.help)"
    case .noTLS: "OpenSSL refused to be set up for TLS"
    }
  }
}
