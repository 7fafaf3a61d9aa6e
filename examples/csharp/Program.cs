// Pays a bill over lunas, with the library of .NET 8 alone.
//
//     LUNAS_API_KEY=rahasia123 dotnet run

using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

// == All together

try
{
    var lunas = new Lunas(
        Environment.GetEnvironmentVariable("LUNAS_URL") ?? "http://127.0.0.1:8080",
        Environment.GetEnvironmentVariable("LUNAS_USERNAME") ?? "081234567890",
        Environment.GetEnvironmentVariable("LUNAS_API_KEY")
            ?? throw new RefusedException("set LUNAS_API_KEY to your API key"));
    var bill = await lunas.InquireAsync("BPJS", "8801234560001", month: "2");
    await lunas.PayAsync(bill);
    await lunas.SaveReceiptAsync(bill.TrId);

    // Half a second is too short on purpose: a server that takes its time loses this answer.
    var another = await lunas.InquireAsync("BPJS", "8801234560001", month: "2");
    await lunas.PayAsync(another, TimeSpan.FromSeconds(0.5));
    return 0;
}
catch (Exception failure) when (failure is RefusedException or NoAnswerException)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}

// == Setup

/// <summary>Nobody knows what became of the request: it may have been carried out.</summary>
sealed class NoAnswerException(string reason) : Exception(reason);

/// <summary>There is an outcome, and it is not the one that was wanted.</summary>
sealed class RefusedException(string message) : Exception(message);

/// <summary>The fields that this program reads. Amounts are whole rupiah.</summary>
sealed record Answer(
    [property: JsonPropertyName("response_code")] string Code,
    [property: JsonPropertyName("message")] string Message,
    [property: JsonPropertyName("tr_id")] long TrId,
    [property: JsonPropertyName("ref_id")] string RefId,
    [property: JsonPropertyName("tr_name")] string Name,
    [property: JsonPropertyName("price")] long Price,
    [property: JsonPropertyName("selling_price")] long SellingPrice,
    [property: JsonPropertyName("balance")] long Balance,
    [property: JsonPropertyName("noref")] string Noref);

sealed record Envelope([property: JsonPropertyName("data")] Answer? Data);

sealed class Lunas(string url, string username, string apiKey)
{
    // An answer always leaves within 30 seconds, so whoever waits a little longer rarely loses one.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(35);

    // Each request has a deadline of its own, for its body, too.
    private readonly HttpClient http = new() { Timeout = Timeout.InfiniteTimeSpan };

    private string Sign(string suffix) =>
        Convert.ToHexString(MD5.HashData(Encoding.UTF8.GetBytes(username + apiKey + suffix))).ToLowerInvariant();

    /// <summary>The body of the answer; a status other than 200 and 400 says nothing about the outcome.</summary>
    private async Task<byte[]> FetchAsync(HttpRequestMessage request, TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            using var response = await http.SendAsync(request, deadline.Token);
            return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest
                ? await response.Content.ReadAsByteArrayAsync(deadline.Token)
                : throw new NoAnswerException($"HTTP status {(int)response.StatusCode}");
        }
        catch (OperationCanceledException)
        {
            throw new NoAnswerException($"none within {patience.TotalMilliseconds} ms");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new NoAnswerException(error.Message);
        }
    }

    private async Task<Answer> SendAsync(
        string command, string signed, Dictionary<string, object> fields, TimeSpan? patience = null)
    {
        var body = new Dictionary<string, object>(fields)
        {
            ["commands"] = command,
            ["username"] = username,
            ["sign"] = Sign(signed),
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{url}/api/v1/bill/check")
        {
            Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };
        var read = await FetchAsync(request, patience ?? Patience);
        try
        {
            return JsonSerializer.Deserialize<Envelope>(read)?.Data ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new NoAnswerException("it cannot be read");
        }
    }

    // == Inquiry

    public async Task<Answer> InquireAsync(string code, string hp, string month)
    {
        // Store your ref_id before it is sent: it is what you ask by when an answer is lost.
        var refId = $"csharp-{Guid.NewGuid()}";
        var bill = await SendAsync("inq-pasca", refId, new()
        {
            ["code"] = code,
            ["hp"] = hp,
            ["month"] = month,
            ["ref_id"] = refId,
        });
        if (bill.Code != "00")
        {
            throw new RefusedException($"Inquiry refused: {bill.Code} {bill.Message}");
        }
        // The customer pays the price, your deposit the selling price.
        Console.WriteLine($"Inquiry: {bill.Name} owes Rp {bill.Price}, you pay Rp {bill.SellingPrice}");
        return bill;
    }

    // == Payment

    public async Task PayAsync(Answer bill, TimeSpan? patience = null)
    {
        Answer? answer = null;
        try
        {
            answer = await SendPaymentAsync(bill, patience);
        }
        catch (NoAnswerException lost)
        {
            Console.WriteLine($"Payment: answer lost ({lost.Message}), asking for the status");
        }
        await SettleAsync(bill, answer);
    }

    private Task<Answer> SendPaymentAsync(Answer bill, TimeSpan? patience = null) =>
        SendAsync("pay-pasca", $"{bill.TrId}", new() { ["tr_id"] = bill.TrId }, patience);

    // == Check status after a lost answer

    /// <summary>Asks until there is an outcome.</summary>
    /// <remarks>
    /// A lost answer is no failure. To pay under a new ref_id could pay twice, and to give your
    /// customer the money back could give away a bill that is paid.
    /// </remarks>
    private async Task SettleAsync(Answer bill, Answer? answer)
    {
        for (var asked = 0; asked < 60; asked++)
        {
            try
            {
                switch (answer?.Code)
                {
                    case "00":
                        Console.WriteLine($"Payment: paid, reference {answer.Noref}, deposit Rp {answer.Balance}");
                        return;
                    case null or "39" or "01": // Unknown, in process, or paid before: the status tells.
                        await Task.Delay(TimeSpan.FromSeconds(1));
                        answer = await SendAsync("checkstatus", "cs", new() { ["ref_id"] = bill.RefId });
                        break;
                    case "42": // The payment never arrived. The same tr_id is paid once at most.
                        answer = await SendPaymentAsync(bill);
                        break;
                    default:
                        throw new RefusedException($"Payment failed: {answer.Code} {answer.Message}");
                }
            }
            catch (NoAnswerException)
            {
                answer = null;
            }
        }
        throw new RefusedException($"Payment: no outcome yet; ask for the status of {bill.RefId} later");
    }

    // == Receipt

    public async Task SaveReceiptAsync(long trId)
    {
        // A receipt holds a person's data, so its request is signed, too.
        var address = $"{url}/api/v1/download/{trId}?username={username}&sign={Sign($"{trId}receipt")}";
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        var pdf = await FetchAsync(request, Patience);
        if (!pdf.AsSpan().StartsWith("%PDF"u8))
        {
            throw new RefusedException($"Receipt refused: {Encoding.UTF8.GetString(pdf)}");
        }
        await File.WriteAllBytesAsync($"receipt-{trId}.pdf", pdf);
        Console.WriteLine($"Receipt: receipt-{trId}.pdf");
    }
}
