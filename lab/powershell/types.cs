// The shapes of what Exchange's cmdlets return and throw, by the names that the agent's replies carry.
// Compiled once by the stage (types.ts); C# 5, as Windows PowerShell's own compiler takes it.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;

namespace PulumiExchange.Lab {
  /// <summary>What the lab refused: the error of its reply.</summary>
  public class LabFailure : Exception {
    public LabFailure(PSObject reply) : base(Convert.ToString(reply.Properties["message"].Value)) { Reply = reply; }
    public PSObject Reply { get; private set; }
  }
}

namespace PulumiExchange.Lab {
  /// <summary>The lab's tagged JSON as the values that Exchange's objects have; a queue of 30 properties in PowerShell itself would take its time.</summary>
  public static class Values {
    /// <summary>A value; shapes: "Cmdlet.Property" or "Property" to the type of its text.</summary>
    public static object From(object value, string cmdlet, string name, Hashtable shapes) {
      var wrapped = value as PSObject;
      if (wrapped != null && !(wrapped.BaseObject is PSCustomObject)) value = wrapped.BaseObject;
      var text = value as string;
      if (text != null) return Shaped(text, cmdlet, name, shapes);
      if (wrapped == null || !(wrapped.BaseObject is PSCustomObject)) return value;
      foreach (var property in wrapped.Properties) {
        var inner = property.Value;
        switch (property.Name) {
          case "$time": return DateTime.Parse((string)inner, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.RoundtripKind).ToLocalTime();
          case "$bytes": return Convert.FromBase64String((string)inner);
          case "$text": return new Microsoft.Exchange.Data.OtherValue((string)inner);
          case "$list":
            var list = new Microsoft.Exchange.Data.MultiValuedProperty();
            foreach (var item in (IEnumerable)inner) list.Add(From(item, cmdlet, name, shapes));
            return list;
        }
        break;
      }
      return value;
    }

    private static object Shaped(string text, string cmdlet, string name, Hashtable shapes) {
      var type = LanguagePrimitives.ConvertTo<Type>(shapes[cmdlet + "." + name] ?? shapes[name]);
      if (type == null || text == "") return text;
      if (!type.IsEnum) { try { return Activator.CreateInstance(type, text); } catch (Exception) { return text; } }
      // a name that is none of the enumeration's is shown as it is
      foreach (var part in text.Split(',')) if (Array.IndexOf(Enum.GetNames(type), part.Trim()) < 0) return text;
      return Enum.Parse(type, text);
    }

    /// <summary>Adds the properties of an object of the lab to one of PowerShell; what .NET itself computes of a certificate stays.</summary>
    public static void AddTo(PSObject one, PSObject given, string cmdlet, Hashtable shapes, string[] known) {
      foreach (var property in given.Properties) {
        if (Array.IndexOf(known, property.Name) >= 0) continue;
        var own = one.Properties[property.Name];
        if (own != null && own.MemberType == PSMemberTypes.ScriptProperty) continue;
        // it may hide a property that .NET has: a certificate from bytes alone has no key
        if (own != null && own.IsInstance) one.Properties.Remove(property.Name);
        one.Properties.Add(new PSNoteProperty(property.Name, From(property.Value, cmdlet, property.Name, shapes)));
      }
    }
  }
}

namespace Microsoft.Exchange.Data {
  public class LocalizedException : Exception { public LocalizedException(string message) : base(message) {} }
  public class DataSourceOperationException : LocalizedException { public DataSourceOperationException(string message) : base(message) {} }

  /// <summary>Prints itself, and has properties that a projection must not walk into: one throws, one leads back to itself.</summary>
  public abstract class Printed {
    private readonly string text;
    protected Printed(string text) { this.text = text; }
    public string Broken { get { throw new InvalidOperationException("This property was walked into."); } }
    public Printed Self { get { return this; } }
    public override string ToString() { return text; }
  }
  public class Fqdn : Printed { public Fqdn(string text) : base(text) {} }
  public class SmtpX509Identifier : Printed { public SmtpX509Identifier(string text) : base(text) {} }
  public class AddressSpace : Printed { public AddressSpace(string text) : base(text) {} }
  public class SmartHost : Printed { public SmartHost(string text) : base(text) {} }
  public class SmtpDomainWithSubdomains : Printed { public SmtpDomainWithSubdomains(string text) : base(text) {} }
  public class EnhancedTimeSpan : Printed { public EnhancedTimeSpan(string text) : base(text) {} }
  public class ByteQuantifiedSize : Printed { public ByteQuantifiedSize(string text) : base(text) {} }
  public class ServerVersion : Printed { public ServerVersion(string text) : base(text) {} }
  public class OtherValue : Printed { public OtherValue(string text) : base(text) {} }

  public class MultiValuedProperty : IEnumerable {
    private readonly List<object> items = new List<object>();
    public void Add(object item) { items.Add(item); }
    public int Count { get { return items.Count; } }
    public IEnumerator GetEnumerator() { return items.GetEnumerator(); }
    public override string ToString() { return string.Join(", ", items); }
  }

  namespace Directory {
    public class ADObjectId : Printed { public ADObjectId(string text) : base(text) {} public string Name { get { return ToString().Substring(ToString().LastIndexOf('/') + 1); } } }
    public class ADObjectAlreadyExistsException : LocalizedException { public ADObjectAlreadyExistsException(string message) : base(message) {} }
    public class ADOperationException : LocalizedException { public ADOperationException(string message) : base(message) {} }
    namespace SystemConfiguration {
      public enum TlsAuthLevel { EncryptionOnly = 1, CertificateValidation = 2, DomainValidation = 3, CertificateExpiryCheck = 4 }
      public enum ProtocolLoggingLevel { None, Verbose }
      public enum SmtpSendAuthMechanisms { None, BasicAuth = 1, BasicAuthRequireTLS = 2, ExchangeServer = 4, ExternalAuthoritative = 8 }
      [Flags] public enum AuthMechanisms { None = 0, Tls = 1, Integrated = 2, BasicAuth = 4, BasicAuthRequireTLS = 8, ExchangeServer = 16, ExternalAuthoritative = 32 }
      [Flags] public enum ServerRole { None = 0, Cafe = 1, Mailbox = 2, ClientAccess = 4, UnifiedMessaging = 16, HubTransport = 32, Edge = 64 }
    }
  }
}

namespace Microsoft.Exchange.Management.SystemConfigurationTasks {
  [Flags] public enum AllowedServices { None = 0, IMAP = 1, POP = 2, UM = 4, IIS = 8, SMTP = 16, Federation = 32, UMCallRouter = 64 }
  public enum CertificateStatus { Unknown, Valid, Revoked, DateInvalid, Untrusted, Invalid, RevocationCheckFailure, PendingRequest }
  public enum CertificateAuthorityType { Unknown, None, ThirdParty, Enterprise, Registry, GroupPolicy, Self }
}

namespace Microsoft.Exchange.EdgeSync {
  public enum ValidationStatus { NoSyncConfigured, Normal, Warning, Failed, Inconclusive }
  public enum StatusResult { InProgress, Success, Aborted, CouldNotConnect, CouldNotLease, LostLease, Incomplete, NoSubscriptions, SyncDisabled }
}

namespace Microsoft.Exchange.Net {
  public enum QueueStatus { None, Active, Ready, Retry, Suspended, Connecting, Draining }
}

namespace Microsoft.Exchange.Configuration.Tasks {
  public class ManagementObjectNotFoundException : Microsoft.Exchange.Data.LocalizedException { public ManagementObjectNotFoundException(string message) : base(message) {} }
}
