// Pays a bill over lunas, with Go's standard library alone.
//
//	LUNAS_API_KEY=rahasia123 go run .
package main

import (
	"bytes"
	"crypto/md5"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

// == Setup

var (
	server   = fromEnv("LUNAS_URL", "http://127.0.0.1:8080")
	username = fromEnv("LUNAS_USERNAME", "081234567890")
	apiKey   = os.Getenv("LUNAS_API_KEY")
)

// An answer always leaves within 30 seconds, so whoever waits a little longer rarely loses one.
const patience = 35 * time.Second

// errNoAnswer says that nobody knows what became of a request: it may have been carried out.
var errNoAnswer = errors.New("no answer")

// Answer holds the fields that this program reads. Amounts are whole rupiah.
type Answer struct {
	Code         string `json:"response_code"`
	Message      string `json:"message"`
	TrID         int64  `json:"tr_id"`
	RefID        string `json:"ref_id"`
	Name         string `json:"tr_name"`
	Price        int64  `json:"price"`
	SellingPrice int64  `json:"selling_price"`
	Balance      int64  `json:"balance"`
	Noref        string `json:"noref"`
}

type fields map[string]any

func sign(suffix string) string {
	return fmt.Sprintf("%x", md5.Sum([]byte(username+apiKey+suffix)))
}

// body reads an answer; a status other than 200 and 400 says nothing about the outcome.
func body(response *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errNoAnswer, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusBadRequest {
		return nil, fmt.Errorf("%w: HTTP status %s", errNoAnswer, response.Status)
	}
	read, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errNoAnswer, err)
	}
	return read, nil
}

func send(command, signed string, request fields, patience time.Duration) (*Answer, error) {
	request["commands"], request["username"], request["sign"] = command, username, sign(signed)
	encoded, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	client := http.Client{Timeout: patience}
	read, err := body(client.Post(server+"/api/v1/bill/check", "application/json", bytes.NewReader(encoded)))
	if err != nil {
		return nil, err
	}
	var envelope struct{ Data *Answer }
	if err := json.Unmarshal(read, &envelope); err != nil || envelope.Data == nil {
		return nil, fmt.Errorf("%w: it cannot be read", errNoAnswer)
	}
	return envelope.Data, nil
}

// == Inquiry

func inquire(code, hp, month string) (*Answer, error) {
	// Store your ref_id before it is sent: it is what you ask by when an answer is lost.
	refID := newRefID()
	request := fields{"code": code, "hp": hp, "month": month, "ref_id": refID}
	bill, err := send("inq-pasca", refID, request, patience)
	if err != nil {
		return nil, fmt.Errorf("inquiry: %w", err)
	}
	if bill.Code != "00" {
		return nil, fmt.Errorf("inquiry refused: %s %s", bill.Code, bill.Message)
	}
	// The customer pays the price, your deposit the selling price.
	fmt.Printf("Inquiry: %s owes Rp %d, you pay Rp %d\n", bill.Name, bill.Price, bill.SellingPrice)
	return bill, nil
}

func newRefID() string {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		panic(err)
	}
	return fmt.Sprintf("go-%x", random)
}

// == Payment

func pay(bill *Answer, patience time.Duration) error {
	answer, err := sendPayment(bill, patience)
	if err != nil {
		fmt.Printf("Payment: answer lost (%v), asking for the status\n", err)
	}
	return settle(bill, answer)
}

func sendPayment(bill *Answer, patience time.Duration) (*Answer, error) {
	return send("pay-pasca", strconv.FormatInt(bill.TrID, 10), fields{"tr_id": bill.TrID}, patience)
}

// == Check status after a lost answer

// settle asks until there is an outcome; an answer of nil is one that was lost.
//
// A lost answer is no failure. To pay under a new ref_id could pay twice, and to give your customer
// the money back could give away a bill that is paid.
func settle(bill, answer *Answer) error {
	for asked := 0; asked < 60; asked++ {
		switch {
		case answer != nil && answer.Code == "00":
			fmt.Printf("Payment: paid, reference %s, deposit Rp %d\n", answer.Noref, answer.Balance)
			return nil
		// Unknown, in process, or paid before: the status tells. If that is lost, too, the next
		// round asks again.
		case answer == nil, answer.Code == "39", answer.Code == "01":
			time.Sleep(time.Second)
			answer, _ = send("checkstatus", "cs", fields{"ref_id": bill.RefID}, patience)
		// The payment never arrived. The same tr_id is paid once at most.
		case answer.Code == "42":
			answer, _ = sendPayment(bill, patience)
		default:
			return fmt.Errorf("payment failed: %s %s", answer.Code, answer.Message)
		}
	}
	return fmt.Errorf("payment: no outcome yet; ask for the status of %s later", bill.RefID)
}

// == Receipt

func saveReceipt(trID int64) error {
	// A receipt holds a person's data, so its request is signed, too.
	signed := fmt.Sprintf("%dreceipt", trID)
	query := url.Values{"username": {username}, "sign": {sign(signed)}}
	client := http.Client{Timeout: patience}
	pdf, err := body(client.Get(fmt.Sprintf("%s/api/v1/download/%d?%s", server, trID, query.Encode())))
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	if !bytes.HasPrefix(pdf, []byte("%PDF")) {
		return fmt.Errorf("receipt refused: %s", pdf)
	}
	file := fmt.Sprintf("receipt-%d.pdf", trID)
	fmt.Printf("Receipt: %s\n", file)
	return os.WriteFile(file, pdf, 0o600)
}

// == All together

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if apiKey == "" {
		return errors.New("set LUNAS_API_KEY to your API key")
	}
	bill, err := inquire("BPJS", "8801234560001", "2")
	if err != nil {
		return err
	}
	if err := pay(bill, patience); err != nil {
		return err
	}
	if err := saveReceipt(bill.TrID); err != nil {
		return err
	}

	another, err := inquire("BPJS", "8801234560001", "2")
	if err != nil {
		return err
	}
	// Half a second is too short on purpose: a server that takes its time loses this answer.
	return pay(another, 500*time.Millisecond)
}

func fromEnv(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
