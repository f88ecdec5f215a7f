// certreq on the simulated Windows: .NET runs this before the program that is named certreq.exe (wine.ts), as a start-up hook. It asks the
// lab (door.ts) and prints what Windows' own would, like certreq.ts elsewhere.
using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Collections.Generic;

internal static class StartupHook {
  public static void Initialize() {
    if (!string.Equals(Path.GetFileName(Environment.ProcessPath), "certreq.exe", StringComparison.OrdinalIgnoreCase)) return;
    Environment.Exit(Submit(Environment.GetCommandLineArgs()));
  }

  private static string After(string[] args, string name) { return args[Array.IndexOf(args, name) + 1]; }

  private static JsonElement Ask(Dictionary<string, object> question) {
    question["host"] = Environment.GetEnvironmentVariable("PX_LAB_HOST");
    question["pid"] = question["agent"] = Environment.ProcessId;
    using (var client = new TcpClient("127.0.0.1", int.Parse(Environment.GetEnvironmentVariable("PX_LAB_PORT")))) {
      var bytes = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(question) + "\n");
      client.GetStream().Write(bytes, 0, bytes.Length);
      return JsonDocument.Parse(new StreamReader(client.GetStream()).ReadLine()).RootElement;
    }
  }

  // The lab makes the certificate; no key comes with it, because .NET knows none that Wine keeps.
  private static int New(string[] args) {
    var policy = Convert.ToBase64String(File.ReadAllBytes(args[args.Length - 2]));
    var reply = Ask(new Dictionary<string, object> { { "what", "selfSigned" }, { "policy", policy } });
    JsonElement value;
    if (!reply.TryGetProperty("value", out value)) { Console.Out.WriteLine(reply.GetProperty("error").GetProperty("message").GetString()); return -2146893783; }
    File.WriteAllText(args[args.Length - 1], "-----BEGIN CERTIFICATE-----\r\n" + value.GetString() + "\r\n-----END CERTIFICATE-----\r\n");
    Console.Out.WriteLine("Installed Certificate:");
    return 0;
  }

  private static int Submit(string[] args) {
    if (args[1] == "-new") return New(args);
    if (args[1] != "-submit" || args[2] != "-q") { Console.Out.WriteLine("certreq: " + string.Join(" ", args)); return 87; }
    var reply = Ask(new Dictionary<string, object> {
      { "what", "certreq" }, { "ca", After(args, "-config") }, { "template", After(args, "-attrib").Replace("CertificateTemplate:", "") },
      { "request", File.ReadAllText(args[args.Length - 2]) },
    });
    JsonElement value;
    if (!reply.TryGetProperty("value", out value)) {
      Console.Out.WriteLine(reply.GetProperty("error").GetProperty("message").GetString());
      return -2147024894;
    }
    var number = value.GetProperty("requestId").GetInt32();
    Console.Out.WriteLine("RequestId: " + number + "\r\nRequestId: \"" + number + "\"");
    if (value.GetProperty("disposition").GetString() != "issued") {
      Console.Out.WriteLine(value.TryGetProperty("message", out var message) ? message.GetString() : value.GetProperty("disposition").GetString());
      return 0;
    }
    File.WriteAllText(args[args.Length - 1], value.GetProperty("certificate").GetString());
    Console.Out.WriteLine("Certificate retrieved(Issued) Issued");
    return 0;
  }
}
