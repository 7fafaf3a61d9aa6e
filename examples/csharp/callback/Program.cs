// Hears from lunas how payments ended that were left open, with ASP.NET Core 8 alone.
//
//     LUNAS_API_KEY=rahasia123 dotnet run

// == Callback

using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

var username = Environment.GetEnvironmentVariable("LUNAS_USERNAME") ?? "081234567890";
// With an empty key anybody could sign.
var apiKey = Environment.GetEnvironmentVariable("LUNAS_API_KEY") is { Length: > 0 } key
    ? key
    : throw new InvalidOperationException("set LUNAS_API_KEY to your API key");
var port = Environment.GetEnvironmentVariable("LUNAS_CALLBACK_PORT") ?? "8090";

// In an application this is your table of payments, with tr_id as its key.
var heard = new ConcurrentDictionary<long, bool>();

bool IsSigned(Ended ended)
{
    var expected = MD5.HashData(Encoding.UTF8.GetBytes(username + apiKey + ended.RefId));
    // Compared in constant time: how long it takes tells nothing about the right signature.
    return CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(Convert.ToHexString(expected).ToLowerInvariant()),
        Encoding.UTF8.GetBytes(ended.Sign));
}

// It is news and no proof: who moves money by it asks for the status first.
string Take(Ended ended) => ended switch
{
    _ when !heard.TryAdd(ended.TrId, true) => "again, nothing to do", // The same news may come twice.
    { Code: "00" } => $"paid, reference {ended.Noref}",
    _ => $"failed: {ended.Code} {ended.Message}",
};

var builder = WebApplication.CreateBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = 64 * 1024);
var app = builder.Build();
app.MapPost("/callback", async (HttpRequest request) =>
{
    try
    {
        var sent = await JsonSerializer.DeserializeAsync<Envelope>(request.Body);
        if (sent?.Data is not { RefId: not null, Sign: not null } ended)
        {
            return Results.BadRequest();
        }
        if (!IsSigned(ended))
        {
            return Results.StatusCode(403);
        }
        Console.WriteLine($"Callback: {ended.RefId} {Take(ended)}");
    }
    catch (JsonException)
    {
        return Results.BadRequest();
    }
    // Whatever takes long comes after the answer: lunas waits for ten seconds.
    return Results.Ok();
});
app.Urls.Add($"http://127.0.0.1:{port}");
await app.StartAsync();
Console.WriteLine($"Listening on http://127.0.0.1:{port}/callback");
await app.WaitForShutdownAsync();

/// <summary>The fields that this program reads.</summary>
sealed record Ended(
    [property: JsonPropertyName("tr_id")] long TrId,
    [property: JsonPropertyName("ref_id")] string RefId,
    [property: JsonPropertyName("response_code")] string Code,
    [property: JsonPropertyName("message")] string Message,
    [property: JsonPropertyName("noref")] string? Noref,
    [property: JsonPropertyName("sign")] string Sign);

sealed record Envelope([property: JsonPropertyName("data")] Ended Data);
