// Hears from lunas how payments ended that were left open, with Go's standard library alone.
//
//	LUNAS_API_KEY=rahasia123 go run callback.go
package main

// == Callback

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

const longest = 64 << 10

// Ended holds the fields that this program reads.
type Ended struct {
	TrID    int64  `json:"tr_id"`
	RefID   string `json:"ref_id"`
	Code    string `json:"response_code"`
	Message string `json:"message"`
	Noref   string `json:"noref"`
	Sign    string `json:"sign"`
}

// In an application this is your table of payments, with tr_id as its key.
var heard sync.Map

func (ended Ended) isSigned(username, apiKey string) bool {
	expected := fmt.Sprintf("%x", md5.Sum([]byte(username+apiKey+ended.RefID)))
	// Compared in constant time: how long it takes tells nothing about the right signature.
	return subtle.ConstantTimeCompare([]byte(expected), []byte(ended.Sign)) == 1
}

// take hears the news, which are no proof: who moves money by them asks for the status first.
func take(ended Ended) string {
	if _, again := heard.LoadOrStore(ended.TrID, true); again {
		return "again, nothing to do" // The same news may come twice.
	}
	if ended.Code == "00" {
		return "paid, reference " + ended.Noref
	}
	return "failed: " + ended.Code + " " + ended.Message
}

func main() {
	username, apiKey := fromEnv("LUNAS_USERNAME", "081234567890"), os.Getenv("LUNAS_API_KEY")
	if apiKey == "" {
		log.Fatal("set LUNAS_API_KEY to your API key")
	}
	http.HandleFunc("/callback", func(response http.ResponseWriter, request *http.Request) {
		if request.Method != http.MethodPost {
			response.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		var sent struct{ Data Ended }
		// All of it is read: a decoder would leave what stands behind the callback.
		body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, longest))
		if err == nil {
			err = json.Unmarshal(body, &sent)
		}
		if err != nil {
			status := http.StatusBadRequest
			if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
				status = http.StatusRequestEntityTooLarge
			}
			response.WriteHeader(status)
			return
		}
		if !sent.Data.isSigned(username, apiKey) {
			response.WriteHeader(http.StatusForbidden)
			return
		}
		// Whatever takes long comes after the answer, which is 200: lunas waits for ten seconds.
		fmt.Printf("Callback: %s %s\n", sent.Data.RefID, take(sent.Data))
	})
	address := "127.0.0.1:" + fromEnv("LUNAS_CALLBACK_PORT", "8090")
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Listening on http://%s/callback\n", address)
	server := http.Server{ReadTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}

func fromEnv(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
